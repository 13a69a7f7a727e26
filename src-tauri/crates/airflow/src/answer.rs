//! What an answer says, leniently: JSON with `detail` as text, list or object, problem+json, HTML, plain text (H15).
//!
//! What a server echoes of our request (`input` in a 422) may be a secret: it is never read. The bodies of pages and
//! plain text are not quoted either.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{AirflowError, Call, ErrorKind};

/// The longest reason of a server that is quoted, in characters.
const DETAIL_LENGTH_MAX: usize = 300;

/// An answer, with what it was the answer to.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) call: Call,
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(crate) fn new(call: Call, response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            call,
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The body as JSON of the expected shape, of a 2xx answer.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, AirflowError> {
        self.expect_success()?;
        serde_json::from_slice(&self.body).map_err(|e| self.misunderstood(&e))
    }

    /// Fails unless the answer is 2xx.
    pub(crate) fn expect_success(&self) -> Result<(), AirflowError> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(self.failure())
        }
    }

    /// Whether Airflow itself says that the thing named `id` is not there. The path's own 404 (`Not Found`,
    /// `API route not found`) and a proxy's are not about the thing.
    pub(crate) fn says_missing(&self, id: &str) -> bool {
        self.status == StatusCode::NOT_FOUND
            && self.json().is_some_and(|body| {
                body["detail"]
                    .as_str()
                    .is_some_and(|d| d.contains(id) && d.contains("not found"))
            })
    }

    /// Whether the server refused the token without executing anything.
    pub(crate) fn refuses_token(&self) -> bool {
        match self.status {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::FORBIDDEN => self
                .json()
                .is_some_and(|body| body["detail"].as_str() == Some("Invalid JWT token")),
            _ => false,
        }
    }

    /// The answer as an error.
    pub(crate) fn failure(&self) -> AirflowError {
        self.error(self.kind())
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> AirflowError {
        AirflowError::with_status(self.call, kind, self.status)
    }

    fn kind(&self) -> ErrorKind {
        if self.status.is_redirection() {
            return ErrorKind::Redirected {
                to_host: self.location_host(),
            };
        }
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => ErrorKind::TooManyRequests {
                retry_after: self.retry_after(),
            },
            status if status.is_server_error() => ErrorKind::ServerTrouble {
                detail: self.reason(),
            },
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::Rejected {
                detail: "it is too large".to_owned(),
            },
            _ => self
                .json()
                .map_or_else(|| self.not_airflow(), |body| self.kind_of_json(&body)),
        }
    }

    fn kind_of_json(&self, body: &Value) -> ErrorKind {
        match self.status {
            StatusCode::UNAUTHORIZED => sign_in_again(),
            StatusCode::FORBIDDEN if self.refuses_token() => sign_in_again(),
            StatusCode::FORBIDDEN => ErrorKind::Forbidden,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => self.not_airflow(),
            _ => ErrorKind::Rejected {
                detail: detail_of(body).unwrap_or_else(|| self.reason()),
            },
        }
    }

    /// A page or an unknown path in place of the API.
    pub(crate) fn not_airflow(&self) -> ErrorKind {
        let status = self.status.as_u16();
        let found = match (self.is_html(), self.status) {
            (true, StatusCode::OK) => "a web page, perhaps a sign-in page".to_owned(),
            (true, _) => format!("a web page with status {status}"),
            (false, StatusCode::NOT_FOUND) => "there is no such path".to_owned(),
            (false, _) => format!("an answer of another kind, status {status}"),
        };
        ErrorKind::NotAirflow { found, instead: None }
    }

    fn misunderstood(&self, error: &serde_json::Error) -> AirflowError {
        if self.is_html() {
            return self.error(self.not_airflow());
        }
        // serde_json's own words may quote the text: only where and what kind is said.
        let detail = format!(
            "the answer could not be read ({:?} error at byte {})",
            error.classify(),
            error.column()
        );
        self.error(ErrorKind::Protocol { detail })
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn is_html(&self) -> bool {
        let declared = self
            .header(header::CONTENT_TYPE)
            .is_some_and(|t| t.contains("html"));
        declared || self.body.trim_ascii_start().starts_with(b"<")
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn location_host(&self) -> String {
        let target = self
            .header(header::LOCATION)
            .and_then(|l| url::Url::parse(l).ok());
        target.map_or_else(
            || "another path of the same host".to_owned(),
            |u| u.origin().ascii_serialization(),
        )
    }

    fn retry_after(&self) -> Option<Duration> {
        self.header(header::RETRY_AFTER)?
            .trim()
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    fn reason(&self) -> String {
        let said = self.json().as_ref().and_then(detail_of);
        said.unwrap_or_else(|| format!("status {}", self.status.as_u16()))
    }
}

fn sign_in_again() -> ErrorKind {
    ErrorKind::SignInNeeded {
        detail: "you are no longer signed in".to_owned(),
    }
}

/// The reason that a JSON error gives, in any of the shapes that Airflow uses, without what it echoes.
fn detail_of(body: &Value) -> Option<String> {
    let text = match &body["detail"] {
        Value::String(text) => without_echo(text),
        Value::Array(problems) => problems.iter().map(problem).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => fields.get("reason")?.as_str()?.to_owned(),
        _ => body["title"]
            .as_str()
            .or_else(|| body["error"].as_str())?
            .to_owned(),
    };
    Some(text.chars().take(DETAIL_LENGTH_MAX).collect())
}

/// One entry of pydantic's list: where and what, never `input` or `ctx`.
fn problem(entry: &Value) -> String {
    let place = entry["loc"].as_array().map(|parts| {
        let words = parts.iter().filter(|p| p.as_str() != Some("body"));
        words
            .map(|p| p.as_str().map_or_else(|| p.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(".")
    });
    let what = entry["msg"]
        .as_str()
        .or_else(|| entry["type"].as_str())
        .unwrap_or("not accepted");
    match place {
        Some(place) if !place.is_empty() => format!("{place}: {what}"),
        _ => what.to_owned(),
    }
}

/// A failed DAG param quotes the value and prints the schema over several lines: the name and the rule are kept.
fn without_echo(text: &str) -> String {
    let Some(rest) = text.strip_prefix("Invalid input for param ") else {
        return text.lines().next().unwrap_or_default().to_owned();
    };
    let name = rest.split(':').next().unwrap_or_default();
    let rule = rest
        .split("Failed validating '")
        .nth(1)
        .and_then(|r| r.split('\'').next());
    format!("{name} {}", broken(rule.unwrap_or_default()))
}

/// What is wrong with a value, by the keyword of JSON Schema; the end of a sentence.
fn broken(keyword: &str) -> &'static str {
    match keyword {
        "enum" | "const" => "is none of the values that the DAG allows",
        "type" => "is not of the type that the DAG asks for",
        "minimum" | "exclusiveMinimum" => "is smaller than the DAG allows",
        "maximum" | "exclusiveMaximum" => "is greater than the DAG allows",
        "minLength" => "is shorter than the DAG allows",
        "maxLength" => "is longer than the DAG allows",
        "pattern" | "format" => "does not have the form that the DAG asks for",
        _ => "does not suit the DAG",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, kind: &str, body: &str) -> Answer {
        let response = http::Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, kind)
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .expect("a response");
        Answer::new(Call::write("change it"), response)
    }

    fn json_kind(status: u16, body: &Value) -> ErrorKind {
        answer(status, "application/json", &body.to_string())
            .failure()
            .kind()
            .clone()
    }

    fn rejected(detail: &str) -> ErrorKind {
        ErrorKind::Rejected {
            detail: detail.to_owned(),
        }
    }

    /// The shapes that Airflow 3.3.2 and 2.11.2 were seen to use.
    #[test]
    fn the_reason_is_found_in_every_shape() {
        assert_eq!(
            json_kind(400, &json!({"detail": "Invalid body"})),
            rejected("Invalid body")
        );
        let pydantic = json!({"detail": [
            {"type": "missing", "loc": ["body", "value"], "msg": "Field required", "input": {"value": "hunter2"}},
            {"type": "x", "loc": ["body", "actions", 0, "key"], "msg": "Bad", "ctx": {"hunter2": 1}},
        ]});
        assert_eq!(
            json_kind(422, &pydantic),
            rejected("value: Field required; actions.0.key: Bad")
        );
        let database = json!({"detail": {"reason": "Unique constraint violation", "statement": "hidden"}});
        assert_eq!(json_kind(409, &database), rejected("Unique constraint violation"));
        let problem =
            json!({"detail": "No such field", "status": 400, "title": "Bad Request", "type": "about"});
        assert_eq!(json_kind(400, &problem), rejected("No such field"));
        assert_eq!(
            json_kind(400, &json!({"title": "Bad Request"})),
            rejected("Bad Request")
        );
        assert_eq!(json_kind(400, &json!([])), rejected("status 400"));
    }

    #[test]
    fn a_failed_param_is_named_without_its_value() {
        let text = "Invalid input for param n: 'hunter2' is not of type 'integer'\n\nFailed validating 'type' in \
                    schema:\n    {'type': 'integer'}\n\nOn instance:\n    'hunter2'";
        let expected = rejected("n is not of the type that the DAG asks for");
        assert_eq!(json_kind(400, &json!({"detail": text})), expected);
    }

    #[test]
    fn every_broken_rule_is_told_in_plain_words() {
        for (rule, words) in [
            ("enum", "is none of the values that the DAG allows"),
            ("const", "is none of the values that the DAG allows"),
            ("type", "is not of the type that the DAG asks for"),
            ("minimum", "is smaller than the DAG allows"),
            ("exclusiveMinimum", "is smaller than the DAG allows"),
            ("maximum", "is greater than the DAG allows"),
            ("exclusiveMaximum", "is greater than the DAG allows"),
            ("minLength", "is shorter than the DAG allows"),
            ("maxLength", "is longer than the DAG allows"),
            ("pattern", "does not have the form that the DAG asks for"),
            ("format", "does not have the form that the DAG asks for"),
            ("multipleOf", "does not suit the DAG"),
        ] {
            let detail = format!(
                "Invalid input for param n: 'hunter2' is wrong\n\nFailed validating '{rule}' in schema:"
            );
            let body = json!({"detail": detail}).to_string();
            let told = answer(400, "application/json", &body).failure().explain();
            assert_eq!(
                told.what,
                format!("Leeward could not change it: Airflow refused it (n {words}).")
            );
            assert_eq!(
                told.means,
                "Nothing was changed in Airflow, and your work is kept."
            );
            assert_eq!(told.next, "Change what Airflow objects to, then send it again.");
        }
    }

    #[test]
    fn the_token_is_told_from_the_permission() {
        assert!(answer(401, "application/json", r#"{"detail":"Token Expired"}"#).refuses_token());
        assert!(answer(403, "application/json", r#"{"detail":"Invalid JWT token"}"#).refuses_token());
        let forbidden = answer(403, "application/json", r#"{"detail":"Forbidden"}"#);
        assert!(!forbidden.refuses_token());
        assert_eq!(*forbidden.failure().kind(), ErrorKind::Forbidden);
    }

    #[test]
    fn only_the_resources_own_404_says_that_it_is_missing() {
        let own = r#"{"detail":"The Variable with key: `k` was not found"}"#;
        assert!(answer(404, "application/json", own).says_missing("k"));
        for (kind, body) in [
            ("application/json", r#"{"detail":"Not Found"}"#),
            ("application/json", r#"{"error":"API route not found"}"#),
            ("text/html", "<html>k was not found</html>"),
            ("text/plain", "k was not found"),
        ] {
            let other = answer(404, kind, body);
            assert!(!other.says_missing("k"), "{body}");
            assert!(
                matches!(other.failure().kind(), ErrorKind::NotAirflow { .. }),
                "{body}"
            );
        }
        assert!(!answer(200, "application/json", own).says_missing("k"));
    }

    fn words_of(error: &AirflowError) -> String {
        format!("{error} {error:?}")
    }

    proptest! {
        /// What a 422 echoes, wherever pydantic puts it, is in no text.
        #[test]
        fn an_echo_is_never_said(noise in "[a-z]{0,20}", status in 400u16..600) {
            let secret = format!("hunter2{noise}");
            let body = json!({"detail": [{"type": "t", "loc": ["body", "value"], "msg": "m",
                "input": {"value": secret, "key": secret}, "ctx": {"error": secret}, "url": secret}]});
            let error = answer(status, "application/json", &body.to_string()).failure();
            prop_assert!(!words_of(&error).contains("hunter2"));
            let error = answer(status, "text/plain", &secret).failure();
            prop_assert!(!words_of(&error).contains("hunter2"));
        }
    }
}
