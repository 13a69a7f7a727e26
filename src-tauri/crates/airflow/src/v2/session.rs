//! Signing in: a token kept in memory, fetched when there is none and renewed when the server refuses it (H23).

use http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;

use super::{Ask, Client, wire};
use crate::answer::Answer;
use crate::error::{AirflowError, Call, ErrorKind};
use crate::secret::{Credentials, Secret};

const SIGN_IN: Call = Call::read("sign in to Airflow");

/// The credentials and the token that they bought.
pub(super) struct Session {
    credentials: Credentials,
    token: Mutex<Option<Secret>>,
}

impl Session {
    pub(super) fn new(credentials: Credentials) -> Self {
        let (credentials, token) = match credentials {
            Credentials::Token(pasted) => {
                let token = pasted.pasted_token();
                (Credentials::Token(token.clone()), Some(token))
            }
            password @ Credentials::Password { .. } => (password, None),
        };
        Self {
            credentials,
            token: Mutex::new(token),
        }
    }

    /// The user's name; a token does not tell.
    pub(super) fn user_name(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Password { username, .. } => Some(username),
            Credentials::Token(_) => None,
        }
    }

    /// The token in use, signing in when there is none.
    pub(super) async fn token(&self, client: &Client) -> Result<Secret, AirflowError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref() {
            return Ok(token.clone());
        }
        let token = self.fetch(client).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Another token in place of one that was refused; several who were refused at once share one sign-in.
    pub(super) async fn renew(&self, client: &Client, refused: &Secret) -> Result<Secret, AirflowError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|t| *t != refused) {
            return Ok(token.clone());
        }
        let token = self.fetch(client).await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Proves the credentials to the server.
    pub(super) async fn prove(&self, client: &Client) -> Result<(), AirflowError> {
        match &self.credentials {
            Credentials::Password { .. } => {
                let token = self.fetch(client).await?;
                *self.token.lock().await = Some(token);
                Ok(())
            }
            Credentials::Token(token) => prove_token(client, token).await,
        }
    }

    async fn fetch(&self, client: &Client) -> Result<Secret, AirflowError> {
        let Credentials::Password { username, password } = &self.credentials else {
            return Err(needed("the token is no longer accepted"));
        };
        let ask = Ask {
            call: SIGN_IN,
            method: Method::POST,
            url: client.base.join(&["auth", "token"], &[]),
            body: Some(json!({"username": username, "password": password.reveal()})),
        };
        let answer = client.send(&ask, None).await?;
        refusal(&answer).map_or_else(
            || Ok(Secret::new(answer.parse::<wire::Token>()?.access_token)),
            |detail| {
                Err(answer.error(ErrorKind::SignInNeeded {
                    detail: detail.to_owned(),
                }))
            },
        )
    }
}

/// Why the server does not sign in with this user and password, if that is what it says.
fn refusal(answer: &Answer) -> Option<&'static str> {
    let is_json = answer.json().is_some();
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if is_json => {
            Some("the user name or password was not accepted")
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY if is_json => {
            Some("a user name and a password are needed")
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED if is_json => {
            Some("this Airflow does not sign in by user name and password; use a token")
        }
        _ => None,
    }
}

/// A token is good when the server does not refuse it, whatever its user may see.
async fn prove_token(client: &Client, token: &Secret) -> Result<(), AirflowError> {
    let mut ask = client.get(SIGN_IN.doing, &["variables"], &[("limit", "1")]);
    ask.call = SIGN_IN;
    let answer = client.send(&ask, Some(token)).await?;
    if answer.refuses_token() && answer.json().is_some() {
        return Err(needed("the token is not accepted"));
    }
    match answer.expect_success() {
        Err(error) if !matches!(error.kind(), ErrorKind::Forbidden) => Err(error),
        _ => Ok(()),
    }
}

fn needed(detail: &str) -> AirflowError {
    AirflowError::new(
        SIGN_IN,
        ErrorKind::SignInNeeded {
            detail: detail.to_owned(),
        },
    )
}
