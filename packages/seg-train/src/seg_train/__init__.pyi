from .architectures.unet import NetworkInput, build_unet
from .config_template import write_config
from .configuration import load_config
from .errors import TrainingError
from .export import export_model
from .learning_rate import learning_rate
from .losses.configured import build_loss
from .losses.overlap import dice, jaccard2
from .losses.right_class import cross_entropy, focal
from .resume import resume_training
from .run import run_training
from .summary import summarise, training_line

__all__ = [
    "NetworkInput",
    "TrainingError",
    "build_loss",
    "build_unet",
    "cross_entropy",
    "dice",
    "export_model",
    "focal",
    "jaccard2",
    "learning_rate",
    "load_config",
    "resume_training",
    "run_training",
    "summarise",
    "training_line",
    "write_config",
]
