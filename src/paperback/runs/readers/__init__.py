"""Every log format that can be read. The first reader that accepts a path reads it."""

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from paperback.errors import SettingsError
from paperback.runs.readers import (
    clearml_offline,
    comet_offline,
    csv_log,
    database,
    dvclive,
    hf_trainer,
    inspect_eval,
    json_lines,
    json_run,
    lm_eval,
    metric_csv,
    mlflow_dump,
    mlflow_files,
    neptune_offline,
    notebook,
    numpy_curves,
    optuna_journal,
    parquet_log,
    predictions,
    ray_tune,
    sacred,
    stdout_log,
    swanlab,
    tensorboard,
    wandb_files,
    wandb_local,
)
from paperback.runs.readers.log import Reader

READERS: tuple[Reader, ...] = (
    tensorboard,
    wandb_local,
    wandb_files,
    swanlab,
    comet_offline,
    clearml_offline,
    neptune_offline,
    database,
    mlflow_dump,
    mlflow_files,
    hf_trainer,
    ray_tune,
    lm_eval,
    inspect_eval,
    sacred,
    dvclive,
    optuna_journal,
    predictions,
    json_lines,
    json_run,
    metric_csv,
    csv_log,
    parquet_log,
    numpy_curves,
    notebook,
    stdout_log,
)
GROUP = "paperback.readers"

__all__ = ["GROUP", "READERS", "add_plugins", "load_readers"]


@cache
def load_readers() -> tuple[Reader, ...]:
    """The readers that installed packages offer, then our own."""
    return add_plugins(entry_points(group=GROUP))


def add_plugins(plugins: Iterable[EntryPoint]) -> tuple[Reader, ...]:
    """The plugins' readers, then our own: who installs a reader wants it to be asked first.

    Raises:
        SettingsError: A plugin cannot be loaded, is no reader, or takes a name that another reader has.
    """
    added = [_loaded(plugin) for plugin in sorted(plugins, key=lambda plugin: plugin.name)]
    taken: set[str] = {reader.name for reader in READERS}
    for reader in added:
        if reader.name in taken:
            raise SettingsError(
                f"two readers are named {reader.name!r}",
                mend="Uninstall one of the packages, or rename its reader.",
            )
        taken.add(reader.name)
    return (*added, *READERS)


def _loaded(plugin: EntryPoint) -> Reader:
    try:
        reader = plugin.load()
    except Exception as error:
        raise SettingsError(
            f"the reader {plugin.name!r} ({plugin.value}) cannot be loaded: {error}",
            mend="Mend or uninstall its package.",
        ) from error
    lacking = [part for part in ("name", "accepts", "read") if not hasattr(reader, part)]
    if lacking:
        raise SettingsError(
            f"the reader {plugin.name!r} ({plugin.value}) has no {' and no '.join(lacking)}",
            mend="Give it a name, accepts(path, head) and read(file).",
        )
    loaded: Reader = reader
    return loaded
