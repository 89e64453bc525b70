"""Where the generators of random numbers are seeded."""

from collections.abc import Iterator

from paperback.code.inventory import SeedFact
from paperback.code.names import last, resolve
from paperback.code.scopes import FileScopes

# Resolved name of a call that seeds, to what it seeds.
_SEEDS = {
    "random.seed": "Python",
    "numpy.random.seed": "NumPy",
    "numpy.random.default_rng": "NumPy",
    "numpy.random.RandomState": "NumPy",
    "torch.manual_seed": "PyTorch",
    "torch.cuda.manual_seed": "PyTorch on GPU",
    "torch.cuda.manual_seed_all": "PyTorch on GPU",
    "torch.random.manual_seed": "PyTorch",
    "tensorflow.random.set_seed": "TensorFlow",
    "tensorflow.set_random_seed": "TensorFlow",
    "tensorflow.compat.v1.set_random_seed": "TensorFlow",
    "keras.utils.set_random_seed": "Keras",
    "jax.random.PRNGKey": "JAX",
    "jax.random.key": "JAX",
    "transformers.set_seed": "Python, NumPy and the framework",
    "accelerate.utils.set_seed": "Python, NumPy and the framework",
}
_ANYWHERE = {"seed_everything": "Python, NumPy and the framework"}


def read_seeds(file: FileScopes) -> Iterator[SeedFact]:
    """Every call that seeds a generator, with what it is seeded with; one without a seed does not count."""
    for scope in file.all():
        for site in scope.calls:
            target = resolve(site.written, file.aliases)
            seeded = _SEEDS.get(target) or _ANYWHERE.get(last(target), "")
            given = [*site.node.args, *(item.value for item in site.node.keywords if item.arg == "seed")]
            if seeded and given:
                yield SeedFact(seeded, file.text.of(given[0]), file.text.place(site.node))
