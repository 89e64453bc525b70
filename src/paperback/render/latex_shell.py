"""The frame of the LaTeX project: preamble, title and the end; a neutral article of our own geometry."""

from collections.abc import Sequence

PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage{lmodern}
\usepackage[a4paper,textwidth=142mm,textheight=227mm,top=32mm,footskip=12mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{microtype}
\usepackage{graphicx}
\usepackage{booktabs,array}
\usepackage{xcolor}
\usepackage[font=small,labelfont=bf,labelsep=period,skip=7pt]{caption}
\usepackage[numbers,sort&compress]{natbib}
\PassOptionsToPackage{hyphens}{url}
\usepackage[hidelinks,pdfusetitle,bookmarksnumbered]{hyperref}

% Page: calm headings, floats near their text, no lonely lines.
\makeatletter
\renewcommand\section{\@startsection{section}{1}{\z@}{-2.6ex plus -.6ex minus -.2ex}{1.1ex plus .2ex}%
  {\normalfont\large\bfseries\raggedright}}
\renewcommand\subsection{\@startsection{subsection}{2}{\z@}{-2.0ex plus -.5ex minus -.2ex}{.7ex plus .2ex}%
  {\normalfont\normalsize\bfseries\raggedright}}
\def\@listi{\leftmargin\leftmargini \parsep 0pt \topsep 4pt plus 2pt minus 1pt \itemsep 2pt plus 1pt}
\let\@listI\@listi
\makeatother
\clubpenalty=10000 \widowpenalty=10000 \displaywidowpenalty=10000
\setlength{\emergencystretch}{3em}
\setlength{\parindent}{1.2em}
\setlength{\floatsep}{16pt plus 3pt minus 3pt}
\setlength{\textfloatsep}{18pt plus 3pt minus 4pt}
\renewcommand{\topfraction}{.9}
\renewcommand{\bottomfraction}{.8}
\renewcommand{\textfraction}{.07}
\renewcommand{\floatpagefraction}{.75}
\setcounter{topnumber}{3}
\setlength{\abovecaptionskip}{7pt}
\captionsetup[table]{position=above}
\setlength{\heavyrulewidth}{.08em}
\definecolor{pblink}{RGB}{20,60,120}
\hypersetup{colorlinks,allcolors=pblink}

% Numbers: a number of the text is named, its digits stand in values.tex; a number of a table stands in its cell.
\newcommand{\pbset}[2]{\expandafter\gdef\csname pb@value@#1\endcsname{#2}}
\newcommand{\pbvalue}[1]{\ifcsname pb@value@#1\endcsname\csname pb@value@#1\endcsname\else\textbf{??}\fi}
\newcommand{\pbnum}[2]{#2}
% A character that this typeface lacks, as its code point.
\DeclareRobustCommand{\pbmissing}[1]{{\setlength{\fboxsep}{.8pt}\fbox{\tiny\ttfamily #1}}}
\pdfstringdefDisableCommands{\def\pbmissing#1{?}\def\allowbreak{}\def\-{}\def\ensuremath#1{#1}}
% A formula that is wider than the line is set smaller, its number beside it.
\newsavebox{\pbbox}
\newcommand{\pbfit}[1]{\sbox{\pbbox}{$\displaystyle #1$}%
  \ifdim\wd\pbbox>\dimexpr\linewidth-3.2em\relax
    \vcenter{\hbox{\resizebox{\dimexpr\linewidth-3.2em\relax}{!}{\usebox{\pbbox}}}}%
  \else #1\fi}
% The legend under a table: one line in the middle, or as wide as the page.
\newcommand{\pbnote}[1]{\par\vspace{5pt}{\footnotesize\sbox{\pbbox}{#1}%
  \ifdim\wd\pbbox>\linewidth\parbox{\linewidth}{#1}\else\usebox{\pbbox}\fi\par}}

\input{values}
"""


def title_block(title: str, authors: Sequence[str]) -> str:
    """Title and authors, centred; all arguments are LaTeX."""
    names = r" \quad ".join(authors) or "Anonymous"
    return (
        f"\\title{{{title}}}\n\\author{{{', '.join(authors) or 'Anonymous'}}}\n\n\\begin{{document}}\n\n"
        "\\begin{center}\n"
        f"  {{\\LARGE\\bfseries\\boldmath {title}\\par}}\n"
        f"  \\vspace{{3.2ex}}\n  {{\\large {names}\\par}}\n"
        "\\end{center}\n\\vspace{1.4ex}\n"
    )


def abstract_block(abstract: str) -> str:
    """The abstract, set narrower; `abstract` is LaTeX."""
    return (
        "\\begin{quote}\n\\small\n\\begin{center}\\bfseries Abstract\\end{center}\n"
        f"\\vspace{{-.6ex}}\n\\noindent\\ignorespaces\n{abstract}\n\\end{{quote}}\n\\vspace{{1ex}}\n"
    )


def ending(*, works: bool, footer: str) -> str:
    """The list of references and the line that says what made the paper."""
    lines = []
    if works:
        lines += [r"{\small\setlength{\bibsep}{2.5pt plus 1pt}\emergencystretch=5em",
                  r"\bibliographystyle{plainnat}", r"\bibliography{references}}", ""]  # fmt: skip
    if footer:
        lines += [r"\par\bigskip\noindent{\footnotesize\color{black!60} " + footer + r"\par}", ""]
    return "\n".join([*lines, r"\end{document}", ""])
