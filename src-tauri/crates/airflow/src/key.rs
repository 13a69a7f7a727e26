//! Which variable keys can be addressed. What cannot is refused before sending, with the reason.

/// The longest key that Airflow 3 accepts, in characters (`ID_LEN`; 422 above it).
pub const KEY_LENGTH_MAX: usize = 250;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Airflow 2 cannot address an empty key, and in Airflow 3 it is one slash away from the listing.
    #[error("the key is empty")]
    Empty,
    /// Airflow 3 answers 422.
    #[error("the key is longer than {KEY_LENGTH_MAX} characters")]
    TooLong,
    /// Airflow creates such a variable, and can then neither read, change nor delete it.
    #[error("the key contains a line break, and Airflow could never find it again")]
    LineBreak,
    /// PostgreSQL, on which most Airflows run, cannot store it.
    #[error("the key contains a NUL character")]
    Nul,
    /// RFC 3986 §5.2.4: clients and proxies remove such a segment from a URL, even when it is encoded.
    #[error("the key is only dots, which disappear from a web address")]
    DotSegment,
}

/// Says whether a variable of this key can be addressed over the API.
///
/// # Errors
/// The reason why it cannot.
pub fn check_key(key: &str) -> Result<(), KeyError> {
    match key {
        "" => Err(KeyError::Empty),
        "." | ".." => Err(KeyError::DotSegment),
        _ if key.contains('\n') => Err(KeyError::LineBreak),
        _ if key.contains('\0') => Err(KeyError::Nul),
        _ if key.chars().count() > KEY_LENGTH_MAX => Err(KeyError::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_airflow_cannot_find_again_is_refused() {
        assert_eq!(check_key(""), Err(KeyError::Empty));
        assert_eq!(check_key("a\nb"), Err(KeyError::LineBreak));
        assert_eq!(check_key("a\0b"), Err(KeyError::Nul));
        assert_eq!(check_key(".."), Err(KeyError::DotSegment));
        assert_eq!(check_key(&"é".repeat(251)), Err(KeyError::TooLong));
    }

    #[test]
    fn strange_but_addressable_keys_are_accepted() {
        for key in [
            "a/b", "/a", "a/", "%2F", "a b", "?", "#", "+", "...", "\\", "😀", "ключ", "tab\t", "a\r",
        ] {
            assert_eq!(check_key(key), Ok(()), "{key:?}");
        }
        assert_eq!(check_key(&"é".repeat(250)), Ok(()));
    }
}
