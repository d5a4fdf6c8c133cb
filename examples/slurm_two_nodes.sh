#!/bin/bash
# Train one network on two nodes of a Slurm cluster: sbatch examples/slurm_two_nodes.sh
# Submitted again, it goes on where the last job ended. train.yaml, the volume and the model folder lie where all nodes see them.
#SBATCH --job-name=seg-train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=2
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --signal=TERM@300
# The last line asks every worker to end five minutes before the time is over: after a step, with a checkpoint.

set -euo pipefail

hosts="hosts-$SLURM_JOB_ID.txt"
scontrol show hostnames "$SLURM_JOB_NODELIST" > "$hosts"

if [ -f model/metadata.yaml ]; then
    command=(resume model)
else
    command=(run train.yaml --output model)
fi

# One worker on each node; each task has its number from Slurm. One that fails ends the others.
srun --kill-on-bad-exit=1 bash -c 'exec seg-train "$@" --worker "$SLURM_PROCID"' seg-train "${command[@]}" --hosts "$hosts"
