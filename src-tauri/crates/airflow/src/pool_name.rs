//! Which names of pools can be addressed. What cannot is refused before sending, with the reason.

/// The longest name that Airflow 3 accepts, in characters (`Pool.pool`; 422 above it).
pub const POOL_NAME_LENGTH_MAX: usize = 256;

/// Why a name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolNameError {
    /// Airflow's command line refuses it, and over the API it is one slash away from the listing.
    #[error("the name is empty")]
    Empty,
    /// Airflow 3 answers 422.
    #[error("the name is longer than {POOL_NAME_LENGTH_MAX} characters")]
    TooLong,
    /// Airflow creates such a pool, and can then neither read, change nor delete it; one at the end of the name is cut
    /// off, and what is addressed is another pool (H14).
    #[error("the name contains a line break, and Airflow could never find it again")]
    LineBreak,
    /// PostgreSQL, on which most Airflows run, cannot store it.
    #[error("the name contains a NUL character")]
    Nul,
    /// RFC 3986 §5.2.4: clients and proxies remove such a segment from a URL, even when it is encoded.
    #[error("the name is only dots, which disappear from a web address")]
    DotSegment,
}

/// Says whether a pool of this name can be addressed over the API.
///
/// # Errors
/// The reason why it cannot.
pub fn check_pool_name(name: &str) -> Result<(), PoolNameError> {
    match name {
        "" => Err(PoolNameError::Empty),
        "." | ".." => Err(PoolNameError::DotSegment),
        _ if name.contains('\n') => Err(PoolNameError::LineBreak),
        _ if name.contains('\0') => Err(PoolNameError::Nul),
        _ if name.chars().count() > POOL_NAME_LENGTH_MAX => Err(PoolNameError::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_airflow_cannot_find_again_is_refused() {
        assert_eq!(check_pool_name(""), Err(PoolNameError::Empty));
        assert_eq!(check_pool_name("a\n"), Err(PoolNameError::LineBreak));
        assert_eq!(check_pool_name("a\0b"), Err(PoolNameError::Nul));
        assert_eq!(check_pool_name("."), Err(PoolNameError::DotSegment));
        assert_eq!(check_pool_name(&"é".repeat(257)), Err(PoolNameError::TooLong));
    }

    #[test]
    fn strange_but_addressable_names_are_accepted() {
        for name in ["a/b", "/a", "a/", "a/../b", "%2F", " ", "...", "ключ", "a\r"] {
            assert_eq!(check_pool_name(name), Ok(()), "{name:?}");
        }
        assert_eq!(check_pool_name(&"é".repeat(256)), Ok(()));
    }
}
