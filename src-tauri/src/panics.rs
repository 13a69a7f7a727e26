//! Panics go to the log file: an application started from a menu has no terminal.

use std::any::Any;
use std::panic;

/// Text of a panic that was made at run time; it could hold a value of the analyst's.
const WITHHELD: &str = "(a text that may hold values)";

/// Logs every panic from now on, beside what the standard hook does.
pub(crate) fn log() {
    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        let place = panicked.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, text = text(panicked.payload()), "panicked");
        standard(panicked);
    }));
}

fn text(payload: &dyn Any) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_of_the_source_is_logged() {
        let fixed: &'static str = "fixed";
        assert_eq!(text(&fixed), "fixed");
        assert_eq!(text(&String::from("a value")), WITHHELD);
    }
}
