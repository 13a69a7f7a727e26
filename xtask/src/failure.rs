//! What a failing command said of its failure, found again in all that it printed.

/// Lines kept of each failure, with the one that begins it.
const LINES_OF_ONE: usize = 12;
/// Lines kept of a command.
const LINES: usize = 96;

/// How a failure begins, as libtest, the panic handler, Vitest and the suites of many cases print it.
const BEGINNINGS: &[&str] = &["Error: ", "panicked at ", "AssertionError: ", "FAILED  "];

/// Collects it while the command runs: a suite prints on after a failed test, and a long log is read from its end.
#[derive(Debug, Default)]
pub(crate) struct Failure {
    lines: Vec<String>,
    more: usize,
}

impl Failure {
    /// Takes a line that the command printed.
    pub(crate) fn hear(&mut self, line: &str) {
        if BEGINNINGS.iter().any(|beginning| line.contains(beginning)) {
            self.more = LINES_OF_ONE;
        }
        if self.more > 0 && self.lines.len() < LINES {
            self.more -= 1;
            self.lines.push(line.to_owned());
        }
    }

    /// What was found, each line on one of its own; empty where nothing was.
    pub(crate) fn told(&self) -> String {
        self.lines.iter().map(|line| format!("\n    {line}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_found_in_the_middle_of_what_was_printed() {
        let mut failure = Failure::default();
        for line in [
            "test a ... ok",
            "Error: the rail has no word",
            "",
            "Caused by:",
            "    timeout",
        ] {
            failure.hear(line);
        }
        for _ in 0..1000 {
            failure.hear("test b ... ok");
        }
        let told = failure.told();
        assert!(told.starts_with("\n    Error: the rail has no word\n"), "{told}");
        assert!(told.contains("timeout"), "{told}");
        assert_eq!(told.lines().count() - 1, LINES_OF_ONE);
    }

    #[test]
    fn a_thousand_failures_are_not_all_told() {
        let mut failure = Failure::default();
        (0..1000).for_each(|_| failure.hear("thread 'x' panicked at a.rs:1:1:"));
        assert_eq!(failure.told().lines().count() - 1, LINES);
    }
}
