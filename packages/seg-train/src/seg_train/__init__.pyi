from .architectures.unet import NetworkInput, build_unet
from .config_template import write_config
from .configuration import load_config
from .errors import TrainingError
from .learning_rate import learning_rate
from .losses import jaccard2_loss, jaccard2_sums
from .run import resume_training, run_training
from .summary import summarise, training_line

__all__ = [
    "NetworkInput",
    "TrainingError",
    "build_unet",
    "jaccard2_loss",
    "jaccard2_sums",
    "learning_rate",
    "load_config",
    "resume_training",
    "run_training",
    "summarise",
    "training_line",
    "write_config",
]
