"""The outline: every item that a paper answers, with the question the author is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the outline.

    Attributes:
        id: `M1`, `E3`, ...
        title: A few words.
        question: What the author is asked where neither facts nor notes answer it; empty if only facts can.
    """

    id: str
    title: str
    question: str


ITEMS = (
    Item("S1", "Claims", ""),
    Item("S2", "Evidence", ""),
    Item("S3", "Tables and graphs", ""),
    Item(
        "M1",
        "The problem and its key variables",
        "What is given, what is wanted, and which variables name them?",
    ),
    Item("M2", "Symbols and conventions", "Which symbols and conventions does a reader need before use?"),
    Item("M3", "Understanding the problem", "What makes the problem hard, in words and without formulas?"),
    Item("M4", "Previous ideas it builds on", "Which earlier ideas does the method build on? Cite them."),
    Item("M5", "Key insight", "What is the one insight behind the method?"),
    Item("M6", "Algorithm", "What are the steps of the method, in order?"),
    Item("M7", "Assumptions", "What must hold for the method to work as intended?"),
    Item("M8", "Limitations", "Where may the method struggle, and what does the study not cover?"),
    Item("E1", "Research questions", "Which questions or hypotheses do the experiments test?"),
    Item("E2", "Design of the experiments", "How are runs, splits, seeds and tuning arranged, and why?"),
    Item("E3", "Data sets", "Where does each data set come from, and how was it prepared? Cite the sources."),
    Item("E4", "Baselines", "Why are these the right baselines, and how was each one tuned?"),
    Item("E5", "Results", ""),
    Item("E6", "Discussion", "What do the results mean, and what else could explain them?"),
    Item("C1", "Goal of the work", "What is the goal, and which question does the work answer?"),
    Item("C2", "Significance", "Who benefits if it works, in which application?"),
    Item("C3", "Existing research in brief", "What does existing research say, in three sentences?"),
    Item("C4", "Gaps in current methods", "What do current methods leave open?"),
    Item("C5", "Key contribution", "What is new here, and what makes it different?"),
    Item("C6", "Experimental setup in brief", ""),
    Item("C7", "Main takeaway", ""),
    Item("C8", "Recent advances", "Which recent advances must a reader know? Cite them."),
    Item("C9", "Prior efforts", "Which prior efforts attack the same problem? Cite them."),
    Item(
        "C10",
        "Why current solutions are inadequate",
        "Why are current solutions inadequate, and how does this one improve?",
    ),
    Item("B1", "Review of existing work", "Which lines of work lead here? Group and cite them."),
    Item(
        "B2",
        "Existing solutions and their shortcomings",
        "What do existing solutions solve, and where do they fall short?",
    ),
    Item("A1", "Background in a sentence", "What is the background, in one sentence?"),
    Item(
        "A2", "The problem and why it matters", "What is the problem and why does it matter, in one sentence?"
    ),
    Item("A3", "The gap", "What do existing solutions lack, in one sentence?"),
    Item("A4", "Objective", "What does this work set out to do, in one sentence?"),
    Item("A5", "Method in brief", "How does the method work, in one or two sentences?"),
    Item("A6", "Key results", ""),
    Item("A7", "Significance and implications", "What follows if the results hold, in one sentence?"),
    Item(
        "A8",
        "Contribution and future directions",
        "What is contributed, and what comes next, in one sentence?",
    ),
    Item("L1", "What was tuned", ""),
    Item(
        "L2a",
        "Limitations of the model found",
        "Which limitation of the baseline model did you find, and how did it show?",
    ),
    Item("L2b", "Changes of the architecture", ""),
    Item("L2c", "Custom loss", ""),
    Item("L2d", "Custom forward and backward propagation", ""),
    Item("L2e", "Custom components and operators", ""),
    Item("L3", "Components from basic operators", ""),
)
BY_ID = {item.id: item for item in ITEMS}
