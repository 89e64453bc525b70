"""The sentence that a verdict allows: no stronger than its evidence."""

from paperback.claims import Verdict, Word, strength
from paperback.evidence import Comparison, PairOverDatasets, convention, shown_decimals
from paperback.notes.prose import Text
from paperback.paper.document import Inline, Number
from paperback.paper.material import Material
from paperback.paper.phrases import Parts, counted, enumerate_words, interval, words

_P_DECIMALS = 3
