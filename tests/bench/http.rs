//! The reference over HTTP: reqwest used bare, with one connection that is kept.

use anyhow::{Context, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::rows_of;

/// Rows on a page, Airflow's largest by default.
pub(crate) const PAGE: usize = 100;
/// What Leeward asks for, since a server may allow more.
const ASKED: usize = 1000;

/// Somebody signed in, without Leeward.
pub(crate) struct Bare {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Bare {
    pub(crate) async fn sign_in(base: &str, username: &str, password: &str) -> Result<Self> {
        let client = reqwest::Client::builder().gzip(true).build()?;
        let form = json!({"username": username, "password": password}).to_string();
        let answer = client
            .post(format!("{base}/auth/token"))
            .header("content-type", "application/json");
        let text = answer.body(form).send().await?.text().await?;
        let body: Value = serde_json::from_str(&text)?;
        let token = body["access_token"].as_str().context("no token")?.to_owned();
        let base = base.to_owned();
        Ok(Self { client, base, token })
    }

    /// Reads the pages of so many variables, at the addresses that Leeward reads them at; returns the requests.
    /// Nothing is parsed.
    pub(crate) async fn pull(&self, count: usize) -> Result<usize> {
        let offsets = (0..count).step_by(PAGE);
        let requests = offsets.len();
        for offset in offsets {
            let path = format!("/api/v2/variables?order_by=key&offset={offset}&limit={ASKED}");
            let page = self.send(self.request(Method::GET, &path)).await?;
            ensure!(page.len() > PAGE, "an empty page");
        }
        Ok(requests)
    }

    /// Reads one address; nothing is parsed.
    pub(crate) async fn read(&self, path: &str) -> Result<String> {
        self.send(self.request(Method::GET, path)).await
    }

    /// One record as one would without Leeward, and as carefully: read, write with a mask, read back.
    pub(crate) async fn change(&self, number: usize, edition: usize) -> Result<()> {
        let key = rows_of::key(number);
        let path = format!("/api/v2/variables/{}", key.replace('/', "%2F"));
        self.send(self.request(Method::GET, &path)).await?;
        let body = json!({"key": key, "value": rows_of::value(number, edition)}).to_string();
        let write = self.request(Method::PATCH, &format!("{path}?update_mask=value"));
        self.send(write.header("content-type", "application/json").body(body))
            .await?;
        let read = self.send(self.request(Method::GET, &path)).await?;
        ensure!(
            read.contains(&format!("edition\\\": {edition}")),
            "the change did not arrive: {read}"
        );
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }

    async fn send(&self, request: RequestBuilder) -> Result<String> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(text)
    }
}
