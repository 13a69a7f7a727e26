//! When so much seems to have vanished that a person must look before anything goes on.

/// The least number of vanished records that counts as many, in a small collection.
const FEW: usize = 10;
/// So many are too many in any collection.
const MANY: usize = 50;
/// The share of a collection, in percent, that is too much.
const SHARE_PERCENT: usize = 20;

/// Whether `vanished` of `known` records is too much to believe; `seen` is how many the scan found.
pub(crate) fn brakes(known: usize, vanished: usize, seen: usize) -> bool {
    let emptied = known > 0 && seen == 0;
    let share = vanished >= FEW && vanished * 100 > known * SHARE_PERCENT;
    emptied || share || vanished > MANY
}

/// Whether so few of the known records exist that this may be another server; the measure where its event log cannot
/// be read.
pub(crate) fn may_be_another_server(known: usize, vanished: usize) -> bool {
    known.saturating_sub(vanished) * 2 < known
}

/// Whether so many of the records that the event log points at are gone that everything must be read to judge it.
pub(crate) fn is_worth_a_scan(vanished: usize) -> bool {
    vanished >= FEW
}

#[cfg(test)]
mod tests {
    use super::{brakes, may_be_another_server};

    #[test]
    fn less_than_half_is_another_server() {
        assert!(!may_be_another_server(4, 2));
        assert!(may_be_another_server(5, 3));
        assert!(!may_be_another_server(0, 0));
    }

    #[test]
    fn the_limits_are_those_of_the_design() {
        assert!(!brakes(100, 9, 91));
        assert!(!brakes(50, 10, 40), "exactly 20 % is not more than 20 %");
        assert!(brakes(49, 10, 39));
        assert!(!brakes(1000, 50, 950));
        assert!(brakes(1000, 51, 949));
        assert!(brakes(1, 1, 0), "a scan that used to have records is empty");
        assert!(!brakes(0, 0, 0));
    }
}
