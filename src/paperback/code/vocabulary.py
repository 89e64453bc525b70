"""The words of the libraries: what makes a module, a loss, an optimiser, a data set."""

import re
from functools import lru_cache

# A file without any of these bytes holds no fact that is read here; only its imports are.
MATTERS = re.compile(
    rb"torch|keras|tensorflow|flax|jax|haiku|equinox|optax|sklearn|lightning|paddle|mindspore|triton"
    rb"|add_argument|click\.|dataclass|tyro|load_dataset|read_csv|statsmodels|lifelines|backward|nn\."
    rb"|[Ll]oss|class \w+\("
)

FRAMEWORKS = {
    "torch": "torch",
    "pytorch_lightning": "torch",
    "lightning": "torch",
    "torchvision": "torch",
    "keras": "keras",
    "tensorflow": "keras",
    "tf_keras": "keras",
    "jax": "jax",
    "flax": "jax",
    "haiku": "jax",
    "equinox": "jax",
    "optax": "jax",
    "sklearn": "sklearn",
}

# Library class -> family. A prefix that ends in a dot stands for every class below it. First match wins.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("torch.autograd.Function", "autograd"),
    ("torch.autograd.function.Function", "autograd"),
    ("torch.autograd.function.", "autograd"),
    ("torch.utils.data.", "dataset"),
    ("torchvision.datasets.", "dataset"),
    ("torch_geometric.data.", "dataset"),
    ("tensorflow.keras.utils.Sequence", "dataset"),
    ("keras.utils.Sequence", "dataset"),
    ("keras.utils.PyDataset", "dataset"),
    ("torch.optim.lr_scheduler.", "scheduler"),
    ("torch.optim.", "optimiser"),
    ("keras.optimizers.schedules.", "scheduler"),
    ("keras.optimizers.", "optimiser"),
    ("tensorflow.train.Optimizer", "optimiser"),
    ("tensorflow.compat.v1.train.Optimizer", "optimiser"),
    ("keras.losses.", "loss"),
    ("keras.Model", "module"),
    ("keras.Sequential", "module"),
    ("keras.models.", "module"),
    ("keras.layers.", "module"),
    ("keras.engine.", "module"),
    ("tensorflow.Module", "module"),
    ("torch.nn.modules.loss.", "loss"),
    ("torch.nn.init.", ""),
    ("torch.nn.utils.", ""),
    ("torch.nn.Parameter", ""),
    # These carry a network to several devices.
    ("torch.nn.parallel.", ""),
    ("torch.nn.DataParallel", ""),
    ("torch.nn.", "module"),
    ("torch.jit.ScriptModule", "module"),
    ("torch_geometric.nn.", "module"),
    ("torchvision.models.", "module"),
    ("torchvision.ops.", "module"),
    ("lightning.LightningModule", "module"),
    ("lightning.pytorch.LightningModule", "module"),
    ("pytorch_lightning.LightningModule", "module"),
    ("pytorch_lightning.core.", "module"),
    ("flax.linen.", "module"),
    ("flax.nnx.", "module"),
    ("haiku.Module", "module"),
    ("haiku.RNNCore", "module"),
    ("equinox.Module", "module"),
    ("equinox.nn.", "module"),
    ("transformers.PreTrainedModel", "module"),
    ("transformers.modeling_utils.PreTrainedModel", "module"),
    ("sklearn.base.BaseEstimator", "estimator"),
    ("sklearn.base.", "estimator"),
    ("sklearn.", "estimator"),
)

_LOSS_CLASS = re.compile(
    r"^(torch\.nn\.(modules\.loss\.)?\w+Loss(WithLogits)?|torch\.nn\.BCE\w*|keras\.losses\.\w+)$"
)
_LOSS_FUNCTIONS = frozenset(
    {
        "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "nll_loss",
        "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "ctc_loss", "poisson_nll_loss",
        "gaussian_nll_loss", "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss",
        "multi_margin_loss", "soft_margin_loss", "triplet_margin_loss",
        "triplet_margin_with_distance_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
    }
)  # fmt: skip

MODULE_METHODS = (
    "forward", "__call__", "call", "backward", "training_step", "train_step", "optimizer_step",
    "configure_optimizers", "validation_step", "reset_parameters",
)  # fmt: skip
FORWARD = ("forward", "__call__", "call")

OPTIMISER_NAME = re.compile(
    r"^(Adam\w*|SGD\w*|RMSprop|Adagrad|Adadelta|NAdam|RAdam|LBFGS|Rprop|LAMB|Lamb|Lion|Lookahead|SAM|Muon|Shampoo|Sophia\w*)$"
)

# What only moves, joins or renames axes, or is a layer of the standard library in the form of a function.
WIRING = frozenset(
    {
        "view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose",
        "contiguous", "cat", "concat", "concatenate", "stack", "chunk", "split", "expand", "expand_as",
        "repeat", "size", "dim", "to", "type", "float", "half", "double", "long", "int", "bool", "cuda",
        "cpu", "detach", "clone", "add", "add_", "swapaxes", "movedim", "ravel", "expand_dims",
        "tensor", "as_tensor", "zeros", "ones", "zeros_like", "ones_like", "arange", "relu", "relu_",
        "gelu", "silu", "elu", "leaky_relu", "tanh", "sigmoid", "softplus", "log_softmax", "softmax",
        "dropout", "dropout2d", "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d",
        "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
        "adaptive_max_pool2d", "interpolate", "upsample", "pad", "linear", "embedding", "batch_norm",
        "layer_norm", "normalize", "one_hot", "mean", "argmax", "is_grad_enabled",
        "is_autocast_enabled", "is_tensor", "numel", "empty", "autocast", "no_grad", "device", "Size",
        "range", "Tensor", "full", "is_scripting", "checkpoint", "linspace", "finfo", "iinfo",
        "randint", "eye", "empty_like", "full_like", "randn_like", "rand_like", "from_numpy",
        "alpha_dropout", "feature_alpha_dropout", "randperm", "get_default_dtype", "dstack", "hstack",
        "vstack", "atleast_1d", "unbind", "narrow", "result_type", "promote_types", "dtype",
        "set_grad_enabled", "compile", "hardtanh", "relu6", "selu", "celu", "hardswish", "hardsigmoid",
        "mish", "glu", "logsigmoid", "instance_norm", "group_norm", "local_response_norm", "dropout1d",
        "dropout3d", "squeeze_", "annotate", "manual_seed", "rand", "randn", "shape",
    }
)  # fmt: skip

# Tensor methods that compute, when they are called on something inside a forward.
COMPUTING_METHODS = frozenset(
    {
        "matmul", "bmm", "mm", "einsum", "exp", "log", "log1p", "sqrt", "rsqrt", "pow", "square", "sin",
        "cos", "norm", "cumsum", "cumprod", "logsumexp", "masked_fill", "masked_fill_", "gather",
        "scatter", "scatter_add", "scatter_add_", "index_add", "index_add_", "index_select", "topk",
        "sort", "argsort", "clamp", "clip", "sigmoid_", "softmax", "triu", "tril", "addmm", "baddbmm",
        "outer", "cdist", "roll", "unfold", "fold", "fft", "ifft", "rfft", "irfft", "where", "abs",
        "sign", "std", "var", "prod", "lerp", "mul", "div", "quantile", "histc", "erf", "kthvalue",
        "scaled_dot_product_attention", "conv1d", "conv2d", "conv3d", "conv_transpose2d", "grid_sample",
        "affine_grid", "bilinear", "multinomial", "bernoulli", "cumlogsumexp", "searchsorted",
        "bucketize", "inverse", "solve", "svd", "cholesky", "qr", "gumbel_softmax", "pixel_shuffle",
        "maximum", "minimum", "dot", "dot_general", "scan", "vmap", "logaddexp", "complex", "polar",
        "view_as_complex", "masked_select", "segment_sum", "reduce_sum", "reduce_mean", "round",
        "floor", "ceil", "heaviside", "cosine_similarity", "rms_norm",
    }
)  # fmt: skip
TENSOR_LIBRARIES = (
    "torch.", "torch.nn.functional.", "tensorflow.", "keras.ops.", "keras.backend.", "jax.numpy.",
    "jax.lax.", "jax.nn.",
)  # fmt: skip


def canonical(name: str) -> str:
    """A library's dotted name under the one spelling that the tables use."""
    for prefix, standing in (
        ("tensorflow.keras.", "keras."),
        ("tf_keras.", "keras."),
        ("tf.keras.", "keras."),
    ):
        if name.startswith(prefix):
            return standing + name[len(prefix) :]
    return name


@lru_cache(maxsize=1 << 16)
def family(name: str) -> str | None:
    """Family of a library's class, such as `module` or `loss`; None when it is not known."""
    name = canonical(name)
    if is_loss(name) and looks_capital(name):
        return "loss"
    for prefix, found in FAMILIES:
        if name == prefix or (prefix.endswith(".") and name.startswith(prefix)):
            return found or None
    return None


def looks_capital(name: str) -> bool:
    """Whether the last part of a dotted name begins with a capital letter."""
    tail = name.rpartition(".")[2].lstrip("_")
    return tail[:1].isupper()


@lru_cache(maxsize=1 << 16)
def is_loss(name: str) -> bool:
    """Whether a resolved name is a loss of a library."""
    name = canonical(name)
    head, _, tail = name.rpartition(".")
    if _LOSS_CLASS.match(name):
        return True
    if head in ("torch.nn.functional", "torch.functional", "F"):
        return tail in _LOSS_FUNCTIONS
    if head.startswith(("optax", "keras.losses", "keras.metrics", "tensorflow.nn")):
        return "entropy" in tail or tail.endswith("_loss") or "error" in tail
    return False


def computes(resolved: str, tail: str) -> bool:
    """Whether a call in a forward is an operator of its own, beyond wiring standard layers together."""
    if tail in WIRING or tail.startswith("is_"):
        return False
    if tail in COMPUTING_METHODS:
        return True
    return (
        resolved.startswith(TENSOR_LIBRARIES)
        and not looks_capital(resolved)
        and not is_loss(resolved)
        and (resolved.startswith(("torch.nn.functional.", "jax.", "keras.ops.")) or resolved.count(".") == 1)
    )


def is_layer(name: str) -> bool:
    """Whether a resolved name is a layer class of a library."""
    return family(name) == "module" and looks_capital(name)
