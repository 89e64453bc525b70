"""Words by which the field calls arguments, and what these arguments are."""

import re

_LABELS = """
target targets label labels y y_true gt true ground_truth idx index indices classes ids class_labels
target_labels indices_tuple
"""
LABELS = frozenset(_LABELS.split())
MASKS = {"mask", "masks", "attention_mask", "attn_mask", "valid_mask", "padding_mask"}
_OPTIONAL_OFF = """
weight weights mask pos_weight masks sample_weight class_weight avg_factor reduction_override out
name attn_mask bias ignore_index ref_emb ref_labels indices_tuple label_smoothing negative_keys extra
"""
OPTIONAL_OFF = frozenset(_OPTIONAL_OFF.split())
_SCALARS = """
tau temperature temp alpha beta gamma delta eps epsilon lam lambda_ lambd lmbda sigma margin scale
smooth smoothing momentum rho eta nu mu kappa theta coef coeff weight_decay lr power slope threshold
noise cutoff base_temperature contrast gamma_pos gamma_neg m s label_smoothing std dropout p jitter
clip
"""
SCALARS = frozenset(_SCALARS.split())
_WEAK = "p m s mu nu sigma std noise theta rho eta scale"
WEAK = frozenset(_WEAK.split())
_STRUCTURAL = """
dim axis ignore_index n_dims ndim p k reduction kernel_size window_size num_heads heads n_heads
groups padding stride dims start_dim order n_iter num_iters iters max_iter spatial_dims
"""
STRUCTURAL = frozenset(_STRUCTURAL.split())
WHOLE = re.compile(
    r"^(n_|num_|in_|out_|max_|dim_|d_|len_)|(_dim|_dims|_size|_features|_channels|_classes|_len|_heads)$"
)
HOLDERS = re.compile(r"^(args|cfg|conf|config|configs|hparams?|hps|opts?|settings|model_args)$", re.I)
SCALAR_ENDING = re.compile(
    r"_(ratio|rate|coef|coeff|eps|temp|temperature|margin|alpha|beta|gamma|lambda|tau)$"
)
INDICES = re.compile(r"(^|_)(idx|index|indices|ids|perm|permutation)(_|$)")
MEASURES = re.compile(r"dist|sim|metric|kernel")
SHAPES: tuple[tuple[str, ...], ...] = (
    ("N",),
    ("N", "C"),
    ("N", "C", "H", "W"),
    ("N", "T", "D"),
    (),
    ("N", "H", "W"),
    ("N", "C", "D", "H", "W"),
    ("H", "W"),
)


def is_scalar_name(name: str) -> bool:
    return name in SCALARS or bool(SCALAR_ENDING.search(name))
