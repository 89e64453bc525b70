"""Runs one slice of NumPy, JAX or Keras on given inputs, as `runner` does for torch.

This file is started by its path, so it imports nothing of its package but `runner`, by its path.
"""

import contextlib
import importlib.util
import io
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

KERAS_TOLERANCE = 1e-5  # some operations of Keras, such as `mean`, compute in single precision
KINDS = {"real": "float64", "label": "int64", "mask": "bool", "upstream": "float64"}


def sibling(name: str) -> Any:
    """The module `name` beside this file."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flat(value: Any) -> dict[str, Any]:
    import numpy as np

    array = np.asarray(value, dtype=float)
    return {"shape": list(array.shape), "data": array.reshape(-1).tolist()}


def argument(spec: dict[str, Any]) -> Any:
    import numpy as np

    if spec["kind"] == "value":
        return spec["value"]
    if spec["kind"] == "tuple":
        return tuple(argument(item) for item in spec["items"])
    return np.asarray(spec["data"], dtype=KINDS[spec["kind"]]).reshape(spec["shape"])


def called(module: Any, job: dict[str, Any], spec: dict[str, Any], given: dict[str, Any]) -> list[Any]:
    """The results of one call that the job asks for."""
    target = getattr(module, job["target"])
    if job["kind"] == "class":
        owner = target(**{name: argument(item) for name, item in spec["init"].items()})
        target = owner if job["method"] == "__call__" else getattr(owner, job["method"])
    result = target(**given)
    if isinstance(result, dict):
        result = list(result.values())
    return [result if at < 0 else result[at] for at in job["places"]]


def trial(module: Any, job: dict[str, Any], spec: dict[str, Any], jax: Any) -> dict[str, Any]:
    import numpy as np

    given = {name: argument(item) for name, item in spec["call"].items()}
    real = [name for name, item in spec["call"].items() if item["kind"] in ("real", "tuple")]
    found: dict[str, Any] = {"draws": [], "parameters": {}, "calls": [], "gradients": {}}
    if jax is None:
        found["outputs"] = [flat(item) for item in called(module, job, spec, given)]
        return found
    placed = jax.tree.map(lambda v: jax.numpy.asarray(v) if isinstance(v, np.ndarray) else v, given)
    values, back = jax.vjp(
        lambda leaves: called(module, job, spec, {**placed, **leaves}), {name: placed[name] for name in real}
    )
    cotangents = [
        jax.numpy.asarray(np.resize(cot, value.shape)).astype(value.dtype)
        for value, cot in zip(values, spec["cotangents"], strict=True)
    ]
    found["outputs"] = [flat(item) for item in values]
    found["gradients"] = {name: flat(item) for name, item in by_place(back(cotangents)[0])}
    return found


def by_place(ends: dict[str, Any]) -> list[tuple[str, Any]]:
    """Gradients by the name of their argument; those of a tuple by its name and their place."""
    whole = [(name, end) for name, end in ends.items() if not isinstance(end, tuple)]
    parts = [(name, end) for name, end in ends.items() if isinstance(end, tuple)]
    return whole + [(f"{name}.{at}", item) for name, end in parts for at, item in enumerate(end)]


def differentiable(modules: dict[str, str]) -> Any:
    """JAX with double precision where the slice uses it or Keras on top of it; None for NumPy alone."""
    text = "\n".join(modules.values())
    if "tensorflow" in text:
        raise ImportError("code for TensorFlow is not run")
    if "keras" in text:
        os.environ["KERAS_BACKEND"] = "jax"
    if not any(word in text for word in ("import jax", "from jax", "optax", "chex", "keras")):
        return None
    if "keras" in text:
        import keras  # type: ignore[import-not-found,unused-ignore]

        keras.config.set_floatx("float64")
    import jax  # type: ignore[import-not-found,unused-ignore]

    jax.config.update("jax_enable_x64", True)
    return jax


def worked(job: dict[str, Any], runner: Any) -> dict[str, Any]:
    warnings.simplefilter("ignore")
    try:
        jax = differentiable(job["modules"])
        sys.meta_path.insert(0, runner.Slices(job["modules"]))
        module = importlib.import_module(job["module"])
    except BaseException as error:
        return {"error": f"the slice cannot be loaded: {type(error).__name__}: {error}"}
    answers: list[dict[str, Any]] = []
    for spec in job["trials"]:
        try:
            answers.append(trial(module, job, spec, jax))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"[:300]})
    if any("keras" in text for text in job["modules"].values()):
        for answer in answers:
            answer["tolerance"] = KERAS_TOLERANCE
    return {"trials": answers}


def main() -> None:
    runner = sibling("runner")
    job = json.load(sys.stdin)
    runner.limit(job["seconds"], job["gigabytes"] * runner.GIGABYTE)
    runner.no_network()
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        answer = worked(job, runner)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
