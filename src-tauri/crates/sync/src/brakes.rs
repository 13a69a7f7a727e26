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

#[cfg(test)]
mod tests {
    use super::brakes;

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
