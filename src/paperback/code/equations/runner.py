"""Runs one slice on given inputs in a process of its own: JSON in, JSON out, no repository, no network.

This file is started by its path, so it imports nothing of its package.
"""

import contextlib
import importlib.abc
import importlib.util
import io
import json
import resource
import socket
import sys
import types
from typing import Any

GIGABYTE = 1 << 30


def limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def no_network() -> None:
    class Refused(socket.socket):
        def __init__(self, *_: Any, **__: Any) -> None:
            raise OSError("no network in a check")

    socket.socket = Refused  # type: ignore[misc]


class Slices(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves the modules of the slice from memory; their packages are empty."""

    def __init__(self, modules: dict[str, str]) -> None:
        self.modules = dict(modules)
        for name in modules:
            while "." in name:
                name = name.rpartition(".")[0]
                self.modules.setdefault(name, "")

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.modules:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self.modules[module.__name__], f"<slice {module.__name__}>", "exec"), module.__dict__)


class Draws:
    """Keeps what the random functions give."""

    NAMES = ("randn", "randn_like", "rand", "rand_like")

    def __init__(self, torch: Any) -> None:
        self.found: list[Any] = []
        for name in self.NAMES:
            setattr(torch, name, self.kept(getattr(torch, name)))

    def kept(self, function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            value = function(*args, **options)
            self.found.append(value.detach().clone())
            return value

        return call


def only_double(torch: Any) -> None:
    """Everything real is computed in double precision."""
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    torch.Tensor.half = torch.Tensor.double
    for name in ("float", "float32", "float16", "half", "bfloat16"):
        setattr(torch, name, torch.float64)


def tensor(torch: Any, spec: dict[str, Any]) -> Any:
    dtype = {"real": torch.float64, "label": torch.int64, "mask": torch.bool, "upstream": torch.float64}[
        spec["kind"]
    ]
    return torch.tensor(spec["data"], dtype=dtype).reshape(spec["shape"])


class Settings(types.SimpleNamespace):
    """Settings by name; one that the equation does not need is some number."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return 2


def argument(torch: Any, spec: dict[str, Any]) -> Any:
    if spec["kind"] == "value":
        return spec["value"]
    if spec["kind"] == "settings":
        return Settings(**spec["value"])
    if spec["kind"] == "optimizer":
        return types.SimpleNamespace(param_groups=[{"params": [], "lr": 0.5, **spec["value"]} for _ in "ab"])
    if spec["kind"] == "callable":
        return lambda *args, **options: callback(torch, [*args, *options.values()])
    if spec["kind"] == "tuple":
        return tuple(argument(torch, item) for item in spec["items"])
    value = tensor(torch, spec)
    return value.requires_grad_() if spec["kind"] == "real" else value


def callback(torch: Any, args: list[Any]) -> Any:
    """Some function: smooth, of one tensor entry by entry, of several one number that depends on each."""
    if len(args) == 1:
        return torch.tanh(args[0]) + args[0] * args[0] / 8
    total: Any = 0.0
    for at, arg in enumerate(args):
        real = arg if arg.is_floating_point() else arg.double() + 1
        mean = torch.sin((at + 1) * real).mean()
        total = total * (mean + 1.7) + mean * (at + 2)
    return total


def leaves_of(given: dict[str, Any]) -> dict[str, Any]:
    """The tensors of which gradients are asked, by the name of their argument."""
    named = {name: value for name, value in given.items() if not isinstance(value, tuple)}
    for name, value in given.items():
        named |= {f"{name}.{at}": item for at, item in enumerate(value)} if isinstance(value, tuple) else {}
    tensors = {name: value for name, value in named.items() if type(value).__module__ == "torch"}
    return {name: value for name, value in tensors.items() if value.requires_grad}


def attribute(owner: Any, path: str) -> Any:
    for name in path.split("."):
        owner = getattr(owner, name)
    return owner


def flat(value: Any) -> dict[str, Any]:
    value = value.detach()
    return {"shape": list(value.shape), "data": value.double().reshape(-1).tolist()}


Call = tuple[str, Any, Any]


def watch(owner: Any, paths: list[str]) -> list[Call]:
    """The calls of the layers, as they come: path, input, output in the graph."""
    calls: list[Call] = []

    def hook(path: str) -> Any:
        def heard(_layer: Any, given: tuple[Any, ...], got: Any) -> Any:
            calls.append((path, given[0].detach().clone(), got))
            return got.clone()  # What comes after may change it in place.

        return heard

    for path in dict.fromkeys(paths):
        attribute(owner, path).register_forward_hook(hook(path))
    return calls


def recorded(torch: Any, owner: Any, calls: list[Call], cotangents: list[Any]) -> list[dict[str, Any]]:
    """Of each call its input and output, and the cotangents of both.

    A Jacobian would tell more than is asked, and of a wide layer it has more entries than fit in memory.
    """
    found = []
    for (path, given, got), cotangent in zip(list(calls), cotangents, strict=True):
        layer = attribute(owner, path)
        layer._forward_hooks.clear()
        moved = given.requires_grad_(given.is_floating_point())
        with torch.enable_grad():
            again = layer(moved)
        back = None
        if moved.requires_grad and again.requires_grad:
            (back,) = torch.autograd.grad(again, [moved], cotangent, allow_unused=True)
        found.append(
            {
                "path": path,
                "input": flat(moved),
                "output": flat(got),
                "output_cotangent": flat(cotangent),
                "input_cotangent": flat(torch.zeros_like(moved) if back is None else back),
            }
        )
    return found


def shaken(torch: Any, module: Any, seed: int) -> None:
    """Parameters moved at random, so that zeros and ones of an initialisation hide nothing."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data = parameter.data + 0.3 * torch.randn(
            parameter.shape, generator=generator, dtype=parameter.dtype
        )


def held(given: dict[str, Any], path: str) -> Any:
    """What the groups of parameters of an optimizer hold under the key of `optimizer.key`."""
    name, key = path.split(".", 1)
    first, second = (group[key] for group in given[name].param_groups)
    if first != second:
        raise ValueError("the groups of parameters differ")
    return first


def picked(result: Any, places: list[int]) -> list[Any]:
    if isinstance(result, dict):
        result = list(result.values())
    return [result if at < 0 else result[at] for at in places]


def as_tensor(torch: Any, value: Any) -> Any:
    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value), dtype=torch.float64)


def trial(torch: Any, module: Any, job: dict[str, Any], spec: dict[str, Any], draws: Draws) -> dict[str, Any]:
    torch.manual_seed(spec["seed"])
    built = {name: argument(torch, item) for name, item in spec["init"].items()}
    given = {name: argument(torch, item) for name, item in spec["call"].items()}
    draws.found.clear()
    target = getattr(module, job["target"])
    parameters: dict[str, Any] = {}
    calls: list[Call] = []
    owner = None
    if job["kind"] == "class":
        owner = target(
            **{
                name: value.detach() if isinstance(value, torch.Tensor) else value
                for name, value in built.items()
            }
        )
        if isinstance(owner, torch.nn.Module):
            owner.double().eval()
            kept = list(draws.found)
            shaken(torch, owner, spec["seed"] + 1)
            draws.found[:] = kept
            calls = watch(owner, job["opaques"])
        parameters = {path: attribute(owner, path) for path in job["parameters"]}
        result = (owner if job["method"] in ("forward", "__call__") else getattr(owner, job["method"]))(
            **given
        )
    elif job["kind"] == "autograd":
        result = target.apply(*given.values())
    else:
        result = target(**given)
    if job["kind"] == "schedule" and job["method"]:
        result = held(given, job["method"])
    outputs = [
        as_tensor(torch, item)
        for item in picked(result, job["places"] if job["kind"] != "autograd" else [-1])
    ]
    trained = {n: v for n, v in parameters.items() if getattr(v, "requires_grad", False)}
    leaves = {**leaves_of(given), **{f"parameter {n}": v for n, v in trained.items()}}
    found: dict[str, Any] = {
        "draws": [flat(item) for item in draws.found],
        "parameters": {n: flat(v) for n, v in parameters.items()},
    }
    found["outputs"] = [flat(item) for item in outputs]
    ends = cotangents(torch, outputs, [*leaves.values(), *(got for _, _, got in calls)], spec)
    found["gradients"] = {name: flat(end) for name, end in zip(leaves, ends, strict=False)}
    found["calls"] = recorded(torch, owner, calls, ends[len(leaves) :]) if calls else []
    return found


def repeated(numbers: list[float], count: int) -> list[float]:
    """The first `count` of the numbers told over and over."""
    return (numbers * -(-count // len(numbers)))[:count]


def cotangents(torch: Any, outputs: list[Any], tensors: list[Any], spec: dict[str, Any]) -> list[Any]:
    """Cotangents of `tensors` for the given cotangents of the outputs."""
    live = [(item, cot) for item, cot in zip(outputs, spec["cotangents"], strict=False) if item.requires_grad]
    wanted = [tensor for tensor in tensors if tensor.requires_grad]
    if not live or not wanted:
        return [torch.zeros_like(tensor) for tensor in tensors]
    total = sum(
        (item * torch.tensor(repeated(cot, item.numel()), dtype=torch.float64).reshape(item.shape)).sum()
        for item, cot in live
    )
    found = iter(torch.autograd.grad(total, wanted, allow_unused=True, retain_graph=True))
    ends = [next(found) if tensor.requires_grad else None for tensor in tensors]
    return [
        torch.zeros_like(tensor) if end is None else end for tensor, end in zip(tensors, ends, strict=True)
    ]


def main() -> None:
    job = json.load(sys.stdin)
    limit(job["seconds"], job["gigabytes"] * GIGABYTE)
    no_network()
    answer: dict[str, Any] = {}
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        answer = worked(job)
    json.dump(answer, sys.stdout)


def worked(job: dict[str, Any]) -> dict[str, Any]:
    import warnings

    warnings.simplefilter("ignore")
    try:
        import torch  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        return {"error": f"torch cannot be imported: {error}"}
    torch.set_num_threads(1)
    only_double(torch)
    draws = Draws(torch)
    sys.meta_path.insert(0, Slices(job["modules"]))
    try:
        module = importlib.import_module(job["module"])
    except BaseException as error:
        return {"error": f"the slice cannot be loaded: {type(error).__name__}: {error}"}
    answers: list[dict[str, Any]] = []
    for spec in job["trials"]:
        try:
            answers.append(trial(torch, module, job, spec, draws))
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"[:300]})
    return {"trials": answers}


if __name__ == "__main__":
    main()
