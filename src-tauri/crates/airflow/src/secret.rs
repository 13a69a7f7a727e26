//! Secrets, kept from every log and error text by their type.

use std::fmt;

/// A password or token. Its `Debug` and `Display` are `[secret]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A token as people paste it: without `Authorization:` and `Bearer` before it, quotes around it, and the blanks and
    /// line breaks of a wrapped line. No token holds any of these (RFC 6750, 2.1).
    pub(crate) fn pasted_token(&self) -> Self {
        let joined: String = self.0.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_around = |c: char| c.is_whitespace() || "\"'`“”‘’,;\u{feff}\u{200b}".contains(c);
        let mut rest = joined.trim_matches(is_around);
        for word in ["authorization:", "bearer"] {
            let begins = rest
                .get(..word.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(word));
            let after = &rest[if begins { word.len() } else { 0 }..];
            // A token may itself begin with these letters.
            if begins && (word.ends_with(':') || after.starts_with(is_around) || after.is_empty()) {
                rest = after.trim_matches(is_around);
            }
        }
        Self::new(rest.replace(' ', ""))
    }

    /// The secret itself: only for the moment of sending or storing it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// How to sign in to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user and password, exchanged for a token at `POST /auth/token`.
    Password {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
    /// A bearer token made elsewhere (hosted Airflows); it cannot be renewed here.
    Token(Secret),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_of_what_was_pasted() {
        for pasted in [
            "eyJ.a-b_c=",
            " eyJ.a-b_c=\r\n",
            "Bearer eyJ.a-b_c=",
            "bearer  eyJ.a-b_c= ",
            "\"eyJ.a-b_c=\"",
            "'Bearer eyJ.a-b_c='",
            "Bearer \"eyJ.a-b_c=\"",
            "Authorization: Bearer eyJ.a-b_c=",
            "\"Authorization: Bearer eyJ.a-b_c=\",",
            "\u{feff}eyJ.\n  a-b_c=",
        ] {
            assert_eq!(
                Secret::new(pasted).pasted_token().reveal(),
                "eyJ.a-b_c=",
                "{pasted:?}"
            );
        }
        for token in ["bearertoken", "BearerX.y", "a\"b"] {
            assert_eq!(Secret::new(token).pasted_token().reveal(), token);
        }
        assert_eq!(Secret::new(" Bearer ").pasted_token().reveal(), "");
    }

    #[test]
    fn a_secret_never_prints() {
        let credentials = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("hunter2"),
        };
        assert!(!format!("{credentials:?} {}", Secret::new("hunter2")).contains("hunter2"));
    }
}
