//! What the suites share: a private desktop, the app driven by WebDriver, its tray and notifications.

pub mod account;
pub mod airflow_server;
pub mod companion_dags;
pub mod ctl;
pub mod desktop;
pub mod dice;
pub mod dropping_proxy;
pub mod edited;
pub mod fake_airflow;
pub mod far_link;
pub mod fault_proxy;
pub mod notifications;
pub mod office;
pub mod pausing_proxy;
pub mod processes;
mod proxy;
pub mod tray;
pub mod wait;
pub mod watching_proxy;
pub mod webdriver;
pub mod workspace;
