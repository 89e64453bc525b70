"""How many losses and components of published packages become checked equations.

The packages are read where they were unpacked and never copied:

    pip download --no-deps -d wheels timm==1.0.11 kornia==0.7.4 lightly==1.5.14 monai==1.4.0 \
        segmentation-models-pytorch==0.3.4 vit-pytorch==1.8.9 entmax==1.3 info-nce-pytorch==0.1.4 \
        vector-quantize-pytorch==1.20.11 x-transformers==1.42.26
    for wheel in wheels/*.whl; do unzip -q $wheel -d packages/$(basename $wheel | cut -d- -f1); done
    python benchmarks/equations/suite.py packages --python PYTHON_WITH_TORCH
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from typeset import widths

from paperback.code.equations import Derivation, establish
from paperback.code.equations.layout import COLUMN
from paperback.code.equations.page import read_page
from paperback.code.equations.tokens import LatexError

SUITE: dict[str, tuple[str, ...]] = {
    "timm/timm/loss/jsd.py": ("JsdCrossEntropy",),
    "timm/timm/loss/asymmetric_loss.py": ("AsymmetricLossMultiLabel", "AsymmetricLossSingleLabel"),
    "timm/timm/loss/binary_cross_entropy.py": ("BinaryCrossEntropy",),
    "timm/timm/loss/cross_entropy.py": ("LabelSmoothingCrossEntropy", "SoftTargetCrossEntropy"),
    "timm/timm/layers/activations.py": ("Swish", "Mish", "HardMish", "HardSwish", "QuickGELU", "GELUTanh"),
    "timm/timm/layers/activations_me.py": ("SwishAutoFn", "MishAutoFn", "HardSigmoidAutoFn", "HardSwishMe"),
    "timm/timm/layers/norm.py": ("RmsNorm", "LayerNormExp2d"),
    "timm/timm/layers/grn.py": ("GlobalResponseNorm",),
    "timm/timm/layers/layer_scale.py": ("LayerScale",),
    "timm/timm/layers/drop.py": ("DropPath",),
    "timm/timm/layers/mlp.py": ("Mlp", "SwiGLU"),
    "timm/timm/layers/squeeze_excite.py": ("EffectiveSEModule",),
    "kornia/kornia/losses/dice.py": ("dice_loss",),
    "kornia/kornia/losses/focal.py": ("focal_loss", "binary_focal_loss_with_logits"),
    "kornia/kornia/losses/cauchy.py": ("cauchy_loss",),
    "kornia/kornia/losses/total_variation.py": ("total_variation",),
    "kornia/kornia/losses/depth_smooth.py": ("inverse_depth_smoothness_loss",),
    "kornia/kornia/losses/divergence.py": ("js_div_loss_2d", "kl_div_loss_2d"),
    "kornia/kornia/losses/geman_mcclure.py": ("geman_mcclure_loss",),
    "kornia/kornia/losses/tversky.py": ("tversky_loss",),
    "kornia/kornia/losses/welsch.py": ("welsch_loss",),
    "kornia/kornia/losses/charbonnier.py": ("charbonnier_loss",),
    "kornia/kornia/losses/lovasz_hinge.py": ("lovasz_hinge_loss",),
    "kornia/kornia/losses/psnr.py": ("psnr_loss",),
    "lightly/lightly/loss/negative_cosine_similarity.py": ("NegativeCosineSimilarity",),
    "lightly/lightly/loss/hypersphere_loss.py": ("HypersphereLoss",),
    "lightly/lightly/loss/barlow_twins_loss.py": ("BarlowTwinsLoss",),
    "lightly/lightly/loss/koleo_loss.py": ("KoLeoLoss",),
    "lightly/lightly/loss/vicreg_loss.py": ("VICRegLoss", "invariance_loss", "variance_loss", "covariance_loss"),  # noqa: E501
    "lightly/lightly/loss/ntx_ent_loss.py": ("NTXentLoss",),
    "lightly/lightly/loss/sym_neg_cos_sim_loss.py": ("SymNegCosineSimilarityLoss",),
    "lightly/lightly/loss/tico_loss.py": ("TiCoLoss",),
    "lightly/lightly/loss/dcl_loss.py": ("DCLLoss", "DCLWLoss", "negative_mises_fisher_weights"),
    "lightly/lightly/loss/emp_ssl_loss.py": ("invariance_loss", "tcr_loss"),
    "lightly/lightly/loss/wmse_loss.py": ("norm_mse_loss",),
    "lightly/lightly/loss/msn_loss.py": ("prototype_probabilities", "sharpen"),
    "lightly/lightly/loss/regularizer/co2.py": ("CO2Regularizer",),
    "monai/monai/losses/dice.py": ("DiceLoss",),
    "monai/monai/losses/focal_loss.py": ("FocalLoss", "sigmoid_focal_loss", "softmax_focal_loss"),
    "monai/monai/losses/tversky.py": ("TverskyLoss",),
    "monai/monai/losses/barlow_twins.py": ("BarlowTwinsLoss",),
    "monai/monai/losses/contrastive.py": ("ContrastiveLoss",),
    "monai/monai/losses/unified_focal_loss.py": ("AsymmetricFocalTverskyLoss", "AsymmetricFocalLoss"),
    "monai/monai/losses/deform.py": ("spatial_gradient", "DiffusionLoss"),
    "monai/monai/losses/cldice.py": ("soft_dice", "soft_erode"),
    "segmentation_models_pytorch/segmentation_models_pytorch/losses/_functional.py": (
        "focal_loss_with_logits", "softmax_focal_loss_with_logits", "soft_jaccard_score", "soft_dice_score",
        "soft_tversky_score", "wing_loss", "label_smoothed_nll_loss",
    ),
    "segmentation_models_pytorch/segmentation_models_pytorch/losses/mcc.py": ("MCCLoss",),
    "segmentation_models_pytorch/segmentation_models_pytorch/losses/soft_bce.py": ("SoftBCEWithLogitsLoss",),
    "entmax/entmax/activations.py": ("sparsemax",),
    "info_nce_pytorch/info_nce/__init__.py": ("InfoNCE", "info_nce"),
    "vector_quantize_pytorch/vector_quantize_pytorch/finite_scalar_quantization.py": ("round_ste",),
    "vector_quantize_pytorch/vector_quantize_pytorch/lookup_free_quantization.py": ("entropy", "l2norm"),
    "x_transformers/x_transformers/x_transformers.py": (
        "ReluSquared", "ScaleNorm", "RMSNorm", "SimpleRMSNorm", "GLU", "LayerNorm", "ScaledSinusoidalEmbedding",  # noqa: E501
    ),
    "vit_pytorch/vit_pytorch/vit.py": ("FeedForward", "Attention"),
}  # fmt: skip


def reads_back(derivation: Derivation) -> bool:
    """Whether every printed line is in the grammar of the reader."""
    try:
        read_page(derivation.lines, derivation.plan.notation if derivation.plan else {})
    except LatexError:
        return False
    return True


def show_printed(printed: list[tuple[str, Derivation]]) -> None:
    """Shares of equations and lines that read back, compile and fit a column."""
    lines = [(name, line) for name, found in printed for line in found.equations]
    read = sum(reads_back(found) for _, found in printed)
    print(f"\n{len(printed)} printed equations of {len(lines)} lines")
    print(f"{read:4d}  {100 * read / len(printed):5.1f} %  read back from their LaTeX")
    try:
        found = widths([line for _, line in lines])
    except OSError as error:
        print(f"      not measured: {error}")
        return
    compiled = [width for width in found if width is not None]
    fitting = [width for width in compiled if width <= COLUMN]
    print(f"{len(compiled):4d}  {100 * len(compiled) / len(lines):5.1f} %  of the lines compile")
    print(f"{len(fitting):4d}  {100 * len(fitting) / len(lines):5.1f} %  of the lines fit {COLUMN:g} pt")
    for (name, line), width in zip(lines, found, strict=True):
        if width is None or width > COLUMN:
            print(f"    {name}: {'does not compile' if width is None else f'{width:.0f} pt'}: {line}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("packages", type=Path)
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--latex", action="store_true")
    options = arguments.parse_args()
    counts: Counter[str] = Counter()
    printed: list[tuple[str, Derivation]] = []
    for path, names in SUITE.items():
        for name in names:
            if options.only and options.only not in f"{path}:{name}":
                continue
            started = time.perf_counter()
            file = options.packages / path
            root = options.packages / path.partition("/")[0]
            found = establish(file, name, root=root, python=options.python)
            word = found.verdict.word if found.derivation.equations else "fallback"
            counts[word] += 1
            counts["refused candidates"] += found.refused
            if found.derivation.equations:
                printed.append((name, found.derivation))
            seconds = time.perf_counter() - started
            reason = found.derivation.reason or found.verdict.reason
            print(f"{word:29s} {seconds:5.1f} s  {path.split('/')[0]}:{name}  {reason}", flush=True)
            if options.latex:
                print(*(f"    {line}" for line in found.derivation.equations), sep="\n")
    refused = counts.pop("refused candidates", 0)
    whole = sum(counts.values())
    print(f"\n{whole} losses and components")
    for word, count in counts.most_common():
        print(f"{count:4d}  {100 * count / whole:5.1f} %  {word}")
    print(f"{refused:4d}  candidates under other typings refused as mismatch, none printed")
    if printed:
        show_printed(printed)


if __name__ == "__main__":
    main()
