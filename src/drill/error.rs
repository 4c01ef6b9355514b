//! What is wrong with a drill, all of it at once, each mistake with the place in its file.

use std::fmt::{self, Write as _};

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use super::source::{Place, printable};

/// One thing that is wrong, or (as a warning) doubtful.
#[derive(Debug, Clone)]
pub struct Mistake {
    code: &'static str,
    message: String,
    label: String,
    help: Option<String>,
    place: Option<Place>,
    severity: Severity,
}

impl Mistake {
    /// A mistake with a code (`firedrill::drill::…`) and a message.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            label: "here".to_owned(),
            help: None,
            place: None,
            severity: Severity::Error,
        }
    }

    /// Puts what it belongs to before the message.
    #[must_use]
    pub fn prefix(mut self, whose: &str) -> Self {
        self.message = format!("{whose}: {}", self.message);
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says where, with a word or two beneath the source.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.place = Some(place);
        self.label = label.into();
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether it forbids a run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The byte at which its place begins.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.place.as_ref().map(Place::offset)
    }

    /// Line and column, where it has a place.
    #[must_use]
    pub fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|p| (p.line, p.column))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.file(), place.line, place.column)?;
        }
        self.message.chars().map(printable).try_for_each(|c| f.write_char(c))
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref()?.code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.place.as_ref()?.label(&self.label)?;
        Some(Box::new(std::iter::once(label)))
    }
}

/// A drill that cannot be used, with everything that was found wrong, in the order of the file.
///
/// A single mistake is shown as itself; several are shown beneath a count.
#[derive(Debug, Clone)]
pub struct DrillError {
    what: String,
    mistakes: Vec<Mistake>,
}

impl DrillError {
    /// One mistake of a drill or file.
    #[must_use]
    pub fn one(mistake: Mistake) -> Self {
        Self { what: String::new(), mistakes: vec![mistake] }
    }

    /// Several mistakes of one file; `what` is the file's name.
    #[must_use]
    pub fn many(what: &str, mistakes: Vec<Mistake>) -> Self {
        Self { what: what.to_owned(), mistakes }
    }

    /// One error of several files; nothing where there is none.
    #[must_use]
    pub fn join(errors: Vec<Self>) -> Option<Self> {
        let files = errors.len();
        let first = errors.first()?;
        if files == 1 {
            return Some(first.clone());
        }
        let what = format!("{files} drills");
        Some(Self::many(&what, errors.into_iter().flat_map(Self::into_mistakes).collect()))
    }

    /// The mistakes, in the order of the file.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// The mistakes, to be put among others.
    #[must_use]
    pub fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }

    fn only(&self) -> Option<&Mistake> {
        match self.mistakes.as_slice() {
            [mistake] => Some(mistake),
            _ => None,
        }
    }
}

impl From<Mistake> for DrillError {
    fn from(mistake: Mistake) -> Self {
        Self::one(mistake)
    }
}

impl fmt::Display for DrillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(mistake) => mistake.fmt(f),
            None => write!(f, "{}: {} mistakes", self.what, self.mistakes.len()),
        }
    }
}

impl std::error::Error for DrillError {}

impl Diagnostic for DrillError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().map_or_else(|| Some(Box::new("firedrill::drill") as _), Diagnostic::code)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().and_then(Diagnostic::help)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.only().and_then(Diagnostic::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only().and_then(Diagnostic::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.only().is_some() {
            return None;
        }
        Some(Box::new(self.mistakes.iter().map(|m| m as &dyn Diagnostic)))
    }
}
