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
    fn a_secret_never_prints() {
        let credentials = Credentials::Password {
            username: "ann".into(),
            password: Secret::new("hunter2"),
        };
        assert!(!format!("{credentials:?} {}", Secret::new("hunter2")).contains("hunter2"));
    }
}
