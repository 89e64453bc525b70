"""Hydra: settings of a job, choices of its groups, and jobs of a multirun that failed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from paperback.runs import RunTable, read_runs
from paperback.settings import Settings

Repository = Callable[..., RunTable]
HYDRA = """hydra:
  runtime:
    choices: {model: base, data: mnist, hydra/launcher: basic, opt/kind: null}
"""


def job(folder: str, *, hydra: str = HYDRA, acc: float | None = 0.5, below: str = "") -> dict[str, Any]:
    files: dict[str, Any] = {
        f"{folder}/.hydra/config.yaml": "seed: 1\noptim: {lr: 0.1}\nwidth: ${optim.lr}\n",
        f"{folder}/.hydra/overrides.yaml": "- model=base\n- seed=1\n",
    }
    if hydra:
        files[f"{folder}/.hydra/hydra.yaml"] = hydra
    if acc is not None:
        files[f"{folder}/{below}result.json"] = {"metrics": {"test": {"acc": acc}}}
    return files


def test_a_job_tells_settings_choices_and_overrides(repository: Repository) -> None:
    """What Hydra would resolve only in the program stays text; its own groups are left out."""
    table = repository(job("outputs/2026-01-01/00-00-00"))
    (run,) = table.runs
    assert run.params == {
        "seed": 1, "optim.lr": 0.1, "width": "${optim.lr}", "choices.model": "base", "choices.data": "mnist",
        "choices.opt.kind": None,
    }  # fmt: skip
    assert run.facts["overrides"] == "model=base seed=1"
    files = ("config", "hydra", "overrides")
    assert {f"outputs/2026-01-01/00-00-00/.hydra/{name}.yaml" for name in files} <= table.files.keys()


def test_runs_below_a_job_have_its_settings(repository: Repository) -> None:
    """A logger of its own makes folders inside the job's."""
    (run,) = repository(job("outputs/a", below="logs/version_0/")).runs
    assert (run.id, run.params["choices.model"]) == ("outputs/a/logs/version_0", "base")


def test_a_job_without_its_own_settings_has_no_choices(repository: Repository) -> None:
    """Older versions and deleted files leave only the configuration."""
    (run,) = repository(job("outputs/a", hydra="")).runs
    assert "choices.model" not in run.params
    (run,) = repository(job("outputs/a", hydra="hydra: [")).runs
    assert run.params["seed"] == 1


def test_jobs_of_a_multirun_that_left_nothing_are_told(repository: Repository) -> None:
    """A failed job has a folder with settings and no metrics."""
    files = {**job("multirun/d/0"), **job("multirun/d/1", acc=None), "multirun/d/multirun.yaml": "hydra: {}"}
    table = repository(files)
    assert [run.id for run in table.runs] == ["multirun/d/0"]
    (finding,) = [finding for finding in table.findings if finding.kind == "run-without-metrics"]
    assert finding.message == "multirun/d/1: a Hydra job that left no metrics"


def test_runs_outside_any_job_stay_as_they_are(repository: Repository) -> None:
    """A job speaks only of its own folder."""
    runs = repository({**job("outputs/a"), "runs/b/result.json": {"metrics": {"acc": 1}, "seed": 5}}).runs
    assert {run.id: run.params["seed"] for run in runs} == {"outputs/a": 1, "runs/b": 5}


def test_choices_name_method_and_data_set(repository: Repository) -> None:
    """Where nothing else does, the groups' choices play the roles, and the role says so."""
    files: dict[str, Any] = {}
    for place, (model, data) in enumerate((m, d) for m in ("base", "big") for d in ("mnist", "svhn")):
        text = f"hydra: {{runtime: {{choices: {{model: {model}, data: {data}}}}}}}\n"
        files |= job(f"multirun/d/{place}", hydra=text)
    roles = repository(files).roles
    assert (roles["method"].key, roles["method"].values) == ("choices.model", ("base", "big"))
    assert (roles["dataset"].key, roles["dataset"].values) == ("choices.data", ("mnist", "svhn"))


SCRIPT = """
import pathlib, sys, json
pathlib.Path("conf/model").mkdir(parents=True)
text = "defaults: [model: base, _self_]\\nseed: 0\\nwide: ${model.width}\\n"
pathlib.Path("conf/config.yaml").write_text(text)
pathlib.Path("conf/model/base.yaml").write_text("width: 8\\n")
pathlib.Path("conf/model/big.yaml").write_text("width: 64\\n")
sys.argv = ["x", "-m", "model=base,big", "seed=1,2", "hydra.sweep.dir=multirun"]
import hydra
from hydra.core.hydra_config import HydraConfig
@hydra.main(version_base=None, config_path=str(pathlib.Path("conf").resolve()), config_name="config")
def main(cfg):
    folder = pathlib.Path(HydraConfig.get().runtime.output_dir)
    (folder / "result.json").write_text(json.dumps({"metrics": {"acc": cfg.model.width / 64}}))
main()
"""


def test_what_hydra_writes_is_read(tmp_path: Path, logger: Callable[..., str]) -> None:
    """A real multirun: choices, overrides and interpolations of each job."""
    logger("hydra", SCRIPT)
    runs = {run.id: run for run in read_runs(tmp_path, Settings()).runs}
    assert sorted(runs) == [f"multirun/{job}" for job in range(4)]
    run = runs["multirun/3"]
    wanted = {"choices.model": "big", "seed": 2, "model.width": 64, "wide": "${model.width}"}
    assert {key: run.params[key] for key in wanted} == wanted
    assert run.facts["overrides"] == "model=big seed=2"
