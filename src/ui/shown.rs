//! A diagnostic whose words are harmless: messages of the API server, names of objects and of
//! contexts, what files hold.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use crate::plain::{brief, plain, short};

/// Another diagnostic, in plain and short words. Its source code stays as it is: spans count
/// its bytes, and a drill's [`Source`](crate::drill::source::Source) is harmless by itself.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    original: &'a dyn Diagnostic,
    message: String,
    help: Option<String>,
    labels: Option<Vec<LabeledSpan>>,
    related: Vec<Shown<'a>>,
    cause: Option<Cause>,
}

impl<'a> Shown<'a> {
    pub fn new(original: &'a dyn Diagnostic) -> Self {
        let label = |label: LabeledSpan| {
            let text = label.label().map(|text| short(&plain(text)).into_owned());
            LabeledSpan::new_with_span(text, *label.inner())
        };
        Self {
            original,
            message: brief(&original.to_string()),
            help: original.help().map(|help| brief(&help.to_string())),
            labels: original.labels().map(|labels| labels.map(label).collect()),
            related: original.related().into_iter().flatten().map(Shown::new).collect(),
            cause: original.source().map(Cause::new),
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.original.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.original.severity()
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.original.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.as_ref()?.iter().cloned()))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        let related = self.related.iter().map(|related| related as &dyn Diagnostic);
        (!self.related.is_empty()).then(|| Box::new(related) as _)
    }
}

/// What lies beneath an error, down to the bottom of it.
#[derive(Debug)]
struct Cause {
    message: String,
    beneath: Option<Box<Cause>>,
}

impl Cause {
    fn new(error: &dyn Error) -> Self {
        let beneath = error.source().map(|beneath| Box::new(Self::new(beneath)));
        Self { message: brief(&error.to_string()), beneath }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.beneath.as_deref().map(|cause| cause as _)
    }
}
