//! Where an environment is: the base address, and the one place that joins paths and encodes their segments.

use std::fmt;

use url::Url;

/// Why a text is not the address of an Airflow; the end of a sentence that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL at all.
    #[error("it is not a web address")]
    Malformed,
    /// Another scheme than http or https.
    #[error("it begins with neither https:// nor http://")]
    Scheme,
    /// Credentials in the address would end up in settings and logs.
    #[error("it holds a user name or a password")]
    Credentials,
}

impl AddressError {
    /// The next step.
    pub fn next(&self) -> &'static str {
        match self {
            Self::Malformed | Self::Scheme => {
                "Give the address that you open Airflow with, such as https://airflow.example.com."
            }
            Self::Credentials => "Leave them out of the address: they are given separately.",
        }
    }
}

/// The address of one Airflow, without a slash at the end; may have a path (`https://host/deployment`).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads what a person typed or pasted.
    ///
    /// # Errors
    /// Says what is wrong with the text, in words for the person.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut url = Url::parse(text.trim()).map_err(|_| AddressError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, with its port where one is given.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// The same host without the path, if there is a path.
    pub(crate) fn without_path(&self) -> Option<Self> {
        let (scheme, rest) = self.0.split_once("://")?;
        let (host, _path) = rest.split_once('/')?;
        Some(Self(format!("{scheme}://{host}")))
    }

    /// Joins path segments, each encoded, and query pairs.
    pub(crate) fn join(&self, segments: &[&str], query: &[(&str, &str)]) -> String {
        let mut out = self.0.clone();
        for segment in segments {
            out.push('/');
            encode_into(&mut out, segment);
        }
        for (index, (name, value)) in query.iter().enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            encode_into(&mut out, name);
            out.push('=');
            encode_into(&mut out, value);
        }
        out
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Encodes all but RFC 3986's unreserved characters, byte by byte.
fn encode_into(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::parse(text).expect("a good address")
    }

    #[test]
    fn addresses_are_read_as_people_paste_them() {
        assert_eq!(
            base(" https://air.example.com/ ").as_str(),
            "https://air.example.com"
        );
        assert_eq!(
            base("https://host/deployment/?x=1#top").as_str(),
            "https://host/deployment"
        );
        assert_eq!(base("http://127.0.0.1:8080").host(), "127.0.0.1:8080");
        assert_eq!(
            base("https://h/a/b").without_path().expect("a path").as_str(),
            "https://h"
        );
        assert_eq!(base("https://h/").without_path(), None);
    }

    #[test]
    fn bad_addresses_say_what_is_wrong() {
        assert_eq!(BaseUrl::parse("airflow"), Err(AddressError::Malformed));
        assert_eq!(BaseUrl::parse("ftp://host"), Err(AddressError::Scheme));
        assert_eq!(
            BaseUrl::parse("https://ann:pw@host"),
            Err(AddressError::Credentials)
        );
    }

    #[test]
    fn a_path_prefix_is_kept_before_the_api() {
        let url = base("https://host/dep").join(&["api", "v2", "variables", "a/b %"], &[("m", "x+y")]);
        assert_eq!(url, "https://host/dep/api/v2/variables/a%2Fb%20%25?m=x%2By");
    }

    proptest! {
        /// Whatever the key, it stays one segment, survives the URL parser that sends it, and decodes to itself.
        #[test]
        fn a_key_is_one_segment_and_comes_back(key in any::<String>()) {
            prop_assume!(crate::check_key(&key).is_ok());
            let joined = base("https://host/dep").join(&["v", &key], &[]);
            let sent = Url::parse(&joined).expect("a URL");
            prop_assert_eq!(sent.as_str(), &joined);
            let segment = sent.path().strip_prefix("/dep/v/").expect("the prefix");
            prop_assert!(!segment.contains('/'));
            prop_assert_eq!(decode(segment), key);
        }
    }

    fn decode(segment: &str) -> String {
        let mut bytes = Vec::new();
        let mut rest = segment.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            if first == b'%' {
                let hex = std::str::from_utf8(&tail[..2]).expect("hex digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("hex digits"));
                rest = &tail[2..];
            } else {
                bytes.push(first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    }
}
