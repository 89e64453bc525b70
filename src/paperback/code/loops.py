"""Training and evaluation loops and the steps in them."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from paperback.code.inventory import LoopFact
from paperback.code.names import dotted, last, resolve
from paperback.code.scopes import CallSite, FileScopes, Scope
from paperback.code.vocabulary import canonical, is_loss

_LOG = frozenset(
    {"add_scalar", "add_scalars", "add_text", "add_image", "add_histogram", "log_metric", "log_metrics",
     "log_dict", "log_scalar", "logkv", "record_tabular"}
)  # fmt: skip
_SAVE = frozenset(
    {"save_checkpoint", "save_pretrained", "save_weights", "save_state", "save_model", "state_dict"}
)
_VALIDATE = re.compile(
    r"^_*(run_|do_|model_)?(eval|evaluate|evaluation|valid|validate|validation|test|estimate)(_\w+)?$", re.I
)
_TRAIN = re.compile(
    r"^_*(run_|do_|p_|jit_|jitted_|parallel_)?train(_one)?_?(epoch|step|batch|loop|one_epoch)?$"
    r"|^(train|training|fit)_\w*(epoch|step|batch)\w*$"
)
_MODEL = re.compile(
    r"(^|[._])(model|net|network|encoder|decoder|generator|discriminator|netg|netd|critic|actor|agent|policy"
    r"|q_network|qf\d?|backbone|student|teacher|classifier|unet|transformer|mlp|autoencoder|vae|ddp_model)\d?$",
    re.I,
)
_OPTIMISER = re.compile(
    r"^(\w*_)?(opt|optims?|optim_?[dg]|optimi[sz]ers?\w*|opt_?\w{1,2}|opt_\w+)\d*$|^(adam|sgd)", re.I
)
_SCHEDULER = re.compile(r"sched|lr_|annealer|warmup", re.I)
_STOP = re.compile(r"patience|early|stop|wait|best|no_improve|bad_epochs|kl\b|converge|tol", re.I)
_LOSS = re.compile(r"loss|criterion|objective", re.I)

_PREPARES = re.compile(
    r"preprocessing|feature_|decomposition|impute|datasets|metrics|train_test_split|KFold|random_projection|utils"
)
_TRAINING = frozenset({"backward", "optimiser step", "train one epoch", "fit"})


def read_loops(file: FileScopes) -> Iterator[LoopFact]:
    """Loops whose own steps train or evaluate; Lightning steps and Keras fits too."""
    for scope in file.all():
        loops = [node for node in scope.nodes if isinstance(node, ast.For | ast.While | ast.AsyncFor)]
        for loop in loops:
            steps = _steps(file, scope, loop, _inside(loop, loops))
            if _tells(scope, steps):
                yield LoopFact(scope.name, steps, file.text.place(loop))
        if scope.short in ("training_step", "train_step") and scope.owner:
            yield LoopFact(scope.name, _all_steps(file, scope), file.text.place(scope.node))
        yield from _fits(file, scope)


def _tells(scope: Scope, steps: Sequence[str]) -> bool:
    if _TRAINING & set(steps):
        return True
    return "forward" in steps and bool(_VALIDATE.match(scope.short))


def _fits(file: FileScopes, scope: Scope) -> Iterator[LoopFact]:
    keras = any(item.module.startswith(("keras", "tensorflow")) for item in file.imports)
    lightning = any("lightning" in item.module for item in file.imports)
    estimators = (
        _estimators(file, scope) if any(item.module.startswith("sklearn") for item in file.imports) else ()
    )
    for site in scope.calls:
        owner, _, tail = site.written.rpartition(".")
        runs = owner in estimators or (keras and _MODEL.search(owner))
        if tail == "fit" and (runs or (lightning and last(owner) == "trainer")):
            yield LoopFact(scope.name, ("fit",), file.text.place(site.node))


def _estimators(file: FileScopes, scope: Scope) -> frozenset[str]:
    """Names that hold an estimator of scikit-learn that learns to predict."""
    made = set()
    for node in (*file.module.nodes, *scope.nodes):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=function)):
                called = canonical(resolve(dotted(function), file.aliases))
                if called.startswith("sklearn.") and not _PREPARES.search(called):
                    made.add(dotted(target))
    return frozenset(made)


def _inside(loop: ast.stmt, loops: Sequence[ast.stmt]) -> list[range]:
    lines = _lines(loop)
    return [_lines(other) for other in loops if other is not loop and other.lineno in lines]


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _steps(file: FileScopes, scope: Scope, loop: ast.stmt, inner: Sequence[range]) -> tuple[str, ...]:
    lines = _lines(loop)
    sites = [
        site
        for site in scope.calls
        if site.node.lineno in lines and not any(site.node.lineno in other for other in inner)
    ]
    nodes = _placed(file, sites)
    stops = (node for node in scope.nodes if isinstance(node, ast.If) and node.lineno in lines)
    for node in stops:
        if _stops(file, node) and not any(node.lineno in other for other in inner):
            nodes.append((node.lineno, node.col_offset, "early stop"))
    return _without_repeats(step for _, _, step in sorted(nodes, key=lambda item: item[:2]))


def _all_steps(file: FileScopes, scope: Scope) -> tuple[str, ...]:
    return _without_repeats(step for _, _, step in sorted(_placed(file, scope.calls)))


def _placed(file: FileScopes, sites: Iterable[CallSite]) -> list[tuple[int, int, str]]:
    # A call ends after its arguments are computed: `criterion(model(x), y)` is forward, then loss.
    return [
        (site.node.end_lineno or site.node.lineno, site.node.end_col_offset or 0, step)
        for site in sites
        if (step := step_of(file, site))
    ]


def _without_repeats(steps: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for step in steps:
        if not kept or kept[-1] != step:
            kept.append(step)
    return tuple(kept)


def _stops(file: FileScopes, node: ast.If) -> bool:
    if not any(isinstance(statement, ast.Break) for statement in node.body):
        return False
    return bool(_STOP.search(file.text.of(node.test)))


def step_of(file: FileScopes, site: CallSite) -> str:
    """What a call does in a training loop, in the field's words; empty where it is none of its steps."""
    owner, _, tail = site.written.rpartition(".")
    target = canonical(resolve(site.written, file.aliases))
    if tail == "step":
        return _stepped(owner, site)
    if tail in _NAMED:
        return _NAMED[tail]
    if tail == "update" and "ema" in last(owner).lower():
        return "EMA update"
    if tail == "update" and (_OPTIMISER.search(last(owner)) or last(owner) == "tx"):
        return "optimiser step"
    if tail == "gradient" and "tape" in owner:
        return "backward"
    if target in ("torch.save", "pickle.dump", "joblib.dump") or (tail in _SAVE and tail != "state_dict"):
        return "checkpoint"
    if (
        tail in _LOG
        or target in ("wandb.log", "mlflow.log_metric", "tune.report")
        or (owner == "self" and tail == "log")
    ):
        return "log"
    return _called(owner, tail, target, site)


_NAMED = {
    "zero_grad": "zero_grad",
    "backward": "backward",
    "manual_backward": "backward",
    "clip_grad_norm_": "clip gradients",
    "clip_grad_norm": "clip gradients",
    "clip_grad_value_": "clip gradients",
    "clip_by_global_norm": "clip gradients",
    "apply_gradients": "optimiser step",
    "apply_updates": "optimiser step",
    "value_and_grad": "backward",
    "update_parameters": "EMA update",
    "first_step": "optimiser step",
    "second_step": "optimiser step",
    "train_on_batch": "fit",
    "lerp_": "EMA update",
    "copy_": "",
}


def _sets_mode(call: ast.Call) -> bool:
    """Whether `net.train(...)` only switches the mode: without arguments or with a true or false one."""
    flags = [*call.args, *(item.value for item in call.keywords if item.arg == "mode")]
    return len(call.args) + len(call.keywords) == len(flags) <= 1 and all(
        isinstance(flag, ast.Constant | ast.Compare | ast.Name) for flag in flags
    )


def is_scaled_update(call: ast.Call) -> bool:
    """Whether a call of a loss scaler differentiates and updates: `loss_scaler(loss, optimizer, ...)`."""
    if not last(dotted(call.func)).lower().endswith("scaler") or len(call.args) < 2:
        return False
    return bool(_LOSS.search(last(dotted(call.args[0]))) and _OPTIMISER.search(last(dotted(call.args[1]))))


def _stepped(owner: str, site: CallSite) -> str:
    name = last(owner)
    if "env" in name.lower():
        return "environment step"
    if _SCHEDULER.search(name):
        return "scheduler step"
    if _OPTIMISER.search(name) or (name.endswith("scaler") and site.node.args):
        return "optimiser step"
    return ""


def _called(owner: str, tail: str, target: str, site: CallSite) -> str:
    if is_scaled_update(site.node):
        return "optimiser step"
    if _VALIDATE.match(tail):
        return "validate"
    if is_loss(target) or (_LOSS.search(tail) and not tail.startswith(("get_", "log", "update", "print"))):
        return "loss"
    if tail == "eval" and not site.node.args and _MODEL.search(owner):
        return "eval mode"
    if tail == "train" and _MODEL.search(owner):
        return "train mode" if _sets_mode(site.node) else "train one epoch"
    if _TRAIN.match(tail) and (
        owner in ("", "self") or tail.rstrip("_").endswith(("epoch", "step", "batch"))
    ):
        return "train one epoch"
    whole = f"{owner}.{tail}" if owner else tail
    if _MODEL.search(whole) or (
        _MODEL.search(owner) and tail in ("forward", "module", "apply", "get_action_and_value")
    ):
        return "forward"
    return ""
