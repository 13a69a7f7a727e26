//! The contract with Airflow: the same cases against the real server and the model of it, so that the model stays true.

fn main() {}
