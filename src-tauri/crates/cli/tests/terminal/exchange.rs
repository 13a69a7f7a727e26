//! `import` and `export`: files of people, into the mirror and out of it.

use crate::data_folder::{DataFolder, Ran};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One of the files that people import.
fn shared(name: &str) -> PathBuf {
    PathBuf::from(format!(
        "{}/../tables/tests/fixtures/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
}

fn import(data: &DataFolder, content: &str, options: &[&str]) -> Ran {
    let file = data.file("import.csv", content.as_bytes());
    let file = file.to_str().unwrap();
    let line = [&["import", "variables", file, "-o", "json"], options].concat();
    data.run(&line)
}

fn keys(data: &DataFolder) -> Vec<String> {
    let records = data
        .run(&["records", "list", "variables", "-o", "json"])
        .exits(0)
        .json();
    let records = records.as_array().unwrap().iter();
    records
        .map(|record| {
            let mark = if record["deleted"] == true { "-" } else { "" };
            format!(
                "{mark}{}={}",
                record["key"].as_str().unwrap(),
                record["fields"]["value"].as_str().unwrap()
            )
        })
        .collect()
}

/// The four counts and whether it was kept.
fn counts(result: &Value) -> Value {
    let member = |name: &str| result[name].clone();
    json!([
        member("added"),
        member("changed"),
        member("deleted"),
        member("unchanged"),
        member("kept")
    ])
}

fn with_two() -> DataFolder {
    let data = DataFolder::new();
    data.has("a", "1", None);
    data.has("b", "2", Some("stays"));
    data
}

#[test]
fn an_import_is_kept_as_pending_edits() {
    let data = with_two();
    let result = import(&data, "key,value\na,1\nb,20\nc,3\n", &[]).exits(0).json();
    assert_eq!(counts(&result), json!([1, 1, 0, 1, true]));
    assert_eq!(
        result["found"],
        json!({"format": "csv", "encoding": "UTF-8", "delimiter": ",", "decimal": null, "date_order": null})
    );
    assert_eq!(result["refused"], json!([]));
    assert_eq!(keys(&data), ["a=1", "b=20", "c=3"]);
    let changed = data.record("b");
    assert_eq!(
        (&changed["state"], &changed["fields"]["description"]),
        (&json!("pending"), &json!("stays"))
    );
    assert_eq!(data.record("a")["state"], "clean");
}

#[test]
fn a_dry_run_shows_and_keeps_nothing() {
    let data = with_two();
    let result = import(&data, "key,value\nb,20\nc,3\n", &["--dry-run", "--delete-rest"])
        .exits(0)
        .json();
    assert_eq!(counts(&result), json!([1, 1, 1, 0, false]));
    assert_eq!(keys(&data), ["a=1", "b=2"]);
}

#[test]
fn one_refused_row_keeps_all_of_them_out() {
    let data = with_two();
    let csv = "key,value,extra\nc,3\nd,***\n,4\nb,20\n";
    let result = import(&data, csv, &[]).exits(3).json();
    assert_eq!(counts(&result), json!([1, 1, 0, 0, false]));
    let refused = &result["refused"];
    assert_eq!(
        (&refused[0]["row"], &refused[0]["column"]),
        (&json!(3), &json!("value"))
    );
    assert_eq!(
        (&refused[1]["row"], &refused[1]["column"]),
        (&json!(4), &json!("key"))
    );
    assert_eq!(keys(&data), ["a=1", "b=2"], "nothing by half");
    let result = import(&data, csv, &["--keep-good"]).exits(0).json();
    assert_eq!(
        (&result["kept"], result["refused"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    assert_eq!(keys(&data), ["a=1", "b=20", "c=3"]);
}

#[test]
fn the_rest_is_deleted_only_where_that_was_said() {
    let data = with_two();
    import(&data, "key,value\na,1\n", &[]).exits(0);
    assert_eq!(keys(&data), ["a=1", "b=2"]);
    let result = import(&data, "key,value\na,1\n", &["--delete-rest"])
        .exits(0)
        .json();
    assert_eq!(counts(&result), json!([0, 0, 1, 1, true]));
    assert_eq!(keys(&data), ["a=1", "-b=2"]);
}

#[test]
fn masks_and_secrets_in_a_file_are_never_written() {
    let data = with_two();
    let file = shared("V02_export_with_masks.json");
    let ran = data.run(&[
        "import",
        "variables",
        file.to_str().unwrap(),
        "--keep-good",
        "-o",
        "json",
    ]);
    let result = ran.exits(0).json();
    assert_eq!(result["refused"].as_array().unwrap().len(), 3);
    assert_eq!(keys(&data), ["a=1", "b=2", "region=EU"]);
    let ran = import(&data, "key,value\nsmtp_password,hunter2\n", &["--keep-good"]);
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    assert_eq!(keys(&data).len(), 3);
}

#[test]
fn unusable_files_say_why() {
    let data = with_two();
    for (name, options, said) in [
        ("V04_not_a_map.json", &[][..], r#"{"key": "value"}"#),
        (
            "V04_not_a_map.json",
            &["--format", "airflow-variables"],
            r#"{"key": "value"}"#,
        ),
        ("V06_python_repr.json", &[], "line 1"),
        ("D17_open_quote.csv", &[], "line 2"),
        ("D13_merged_cells.xlsx", &["--sheet", "none"], "There is no sheet"),
        ("D20_duplicate_keys.csv", &[], "no column “key”"),
        ("no_such_file.csv", &[], "cannot be read"),
    ] {
        let file = shared(name);
        let line = [&["import", "variables", file.to_str().unwrap()], options].concat();
        let ran = data.run(&line).exits(2);
        assert!(ran.err.contains(said), "{name}: {ran:?}");
    }
    data.run(&["import", "rates", "-"]).exits(1);
    let list = shared("V04_not_a_map.json");
    let line = ["import", "variables", list.to_str().unwrap(), "--format", "json"];
    data.run(&line).exits(0);
    assert_eq!(keys(&data), ["a=1", "b=2", "limit=5", "rate=3.10"]);
}

#[test]
fn what_is_exported_comes_back_unchanged() {
    let data = with_two();
    data.has("formula", "=1+1\n'quoted'", Some("-x"));
    data.has("empty", "", None);
    data.has("db_password", "hunter2", None);
    for name in ["out.csv", "out.xlsx", "out.parquet", "out.json"] {
        let file = data.file(name, b"");
        let file = file.to_str().unwrap();
        let told = data
            .run(&["export", "variables", file, "-o", "json"])
            .exits(0)
            .json();
        assert_eq!(
            (&told["records"], &told["left_out"]),
            (&json!(4), &json!(1)),
            "{name}"
        );
        let bytes = fs::read(file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"), "{name}");
        let back = data
            .run(&["import", "variables", file, "--delete-rest", "-o", "json"])
            .exits(0)
            .json();
        assert_eq!(counts(&back), json!([0, 0, 0, 4, true]), "{name}: {back}");
        // A workbook with its hidden sheet says that they were there already.
        data.run(&["export", "variables", file, "--plain"]).exits(0);
        let other = DataFolder::new();
        let back = other
            .run(&["import", "variables", file, "-o", "json"])
            .exits(0)
            .json();
        assert_eq!(counts(&back), json!([4, 0, 0, 0, true]), "{name}: {back}");
        assert_eq!(
            keys(&other),
            ["a=1", "b=2", "empty=", "formula==1+1\n'quoted'"],
            "{name}"
        );
    }
}

#[test]
fn files_may_be_standard_input_and_output() {
    let data = with_two();
    let csv = data.run(&["export", "variables", "-"]).exits(0);
    assert_eq!(csv.out, "key,value,description\na,1,\nb,2,stays\n");
    let ran = data.run_with(
        &["import", "variables", "-", "--delimiter", ";"],
        b"key;value\na;5\n",
    );
    assert!(
        ran.exits(0)
            .out
            .starts_with("0 added, 1 changed, 0 deleted, 0 unchanged, 0 refused")
    );
    assert_eq!(keys(&data), ["a=5", "b=2"]);
    data.run(&["export", "pools", "-", "--format", "airflow-variables"])
        .exits(2);
    data.run(&["export", "variables", "somewhere"]).exits(2);
}

#[test]
fn refused_rows_are_saved_mended_and_imported_again() {
    let data = with_two();
    data.has("db_password", "hunter2", None);
    let refused = data.file("refused.csv", b"of last week");
    let to = ["--refused", refused.to_str().unwrap()];
    import(&data, "key,value\nc,3\n", &to).exits(0);
    assert_eq!(fs::read(&refused).unwrap(), b"of last week", "nothing is refused");
    let csv = "key,value,extra\nd,***,\n,4,\nb,\"=20, or\",x\napi_key,hunter3,\ne,5,\ne,6,\nf,7,,8\n";
    let ran = import(&data, csv, &[&["--keep-good"][..], &to].concat()).exits(0);
    let note = ran.json()["notes"].to_string();
    assert!(note.contains("1 row that could not be taken apart"), "{note}");
    let saved = fs::read_to_string(&refused).unwrap();
    assert!(!saved.contains("hunter"), "{saved}");
    let lines: Vec<&str> = saved.lines().collect();
    assert_eq!(lines[0], "key,value,extra,_row,_why");
    assert_eq!(lines.len(), 7, "{saved}");
    assert!(
        lines[1].starts_with("d,***,,2,") && lines[1].contains("hidden by Airflow"),
        "{saved}"
    );
    assert!(
        lines[3].starts_with("b,\"'=20, or\",x,4,"),
        "guarded, as every text: {saved}"
    );
    assert!(lines[4].starts_with("api_key,,,5,"), "{saved}");
    let mended = saved
        .replace("d,***", "d,40")
        .replace("\n,4", "\ng,4")
        .replace("e,6", "h,6")
        .replace("key,value,extra,", "key,value,,")
        .replace("or\",x", "or\",");
    let mended: Vec<&str> = mended
        .lines()
        .filter(|line| !line.starts_with("api_key"))
        .collect();
    let result = import(&data, &mended.join("\n"), &[]).exits(0).json();
    assert_eq!(counts(&result), json!([4, 0, 0, 1, true]), "{result}");
    let now = keys(&data);
    assert!(
        ["b==20, or", "d=40", "e=5", "g=4", "h=6"]
            .iter()
            .all(|one| now.contains(&(*one).to_owned())),
        "{now:?}"
    );
}

#[test]
fn a_field_that_a_refused_row_does_not_mention_stays_as_it_is() {
    let data = with_two();
    let file = data.file(
        "list.json",
        br#"[{"key": "b", "value": null}, {"key": "z", "value": null, "description": "new"}]"#,
    );
    let refused = data.file("refused.csv", b"");
    let (file, refused) = (file.to_str().unwrap(), refused.to_str().unwrap());
    let line = [
        "import",
        "variables",
        file,
        "--format",
        "json",
        "--refused",
        refused,
    ];
    data.run(&line).exits(3);
    let saved = fs::read_to_string(refused).unwrap();
    assert!(saved.contains("\nb;;stays;1;"), "{saved}");
    assert!(saved.contains("\nz;;new;2;"), "{saved}");
}

#[test]
fn refused_rows_go_over_no_other_file() {
    let data = with_two();
    let file = data.file("import.csv", b"key,value\n,1\n");
    let path = file.to_str().unwrap();
    for to in [path, "-"] {
        data.run(&["import", "variables", path, "--refused", to]).exits(2);
    }
    assert_eq!(fs::read(&file).unwrap(), b"key,value\n,1\n");
    let nowhere = data.place().join("none/refused.csv");
    let line = [
        "import",
        "variables",
        path,
        "--keep-good",
        "--refused",
        nowhere.to_str().unwrap(),
    ];
    data.run(&line).exits(1);
}

#[test]
fn a_parquet_file_has_types() {
    let data = DataFolder::new();
    let model = json!({
        "title": "Rates", "type": "object",
        "properties": {"sku": {"type": "string"}, "lots": {"type": "integer"},
            "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}}},
        "required": ["sku"], "x-leeward": {"collection": "rates", "version": 1, "key": ["sku"]},
    });
    data.has_collection(&model, "rates.");
    let csv = b"sku,lots,rate\nA-1,9007199254740993,0.10\n";
    data.run_with(&["import", "rates", "-"], csv).exits(0);
    let file = data.file("rates.parquet", b"");
    let file = file.to_str().unwrap();
    let told = data.run(&["export", "rates", file, "-o", "json"]).exits(0).json();
    assert_eq!(
        (&told["format"], &told["records"]),
        (&json!("parquet"), &json!(1))
    );
    let back = data.run(&["import", "rates", file, "-o", "json"]).exits(0).json();
    assert_eq!(counts(&back), json!([0, 0, 0, 1, true]));
    assert_eq!(back["found"]["format"], "parquet");
    data.run(&["import", "rates", file, "--format", "csv"]).exits(2);
}

#[test]
fn ctrl_c_says_that_nothing_was_kept() {
    let data = with_two();
    let rows: Vec<String> = (0..20_000)
        .map(|row| format!("new_{row},{}", "x".repeat(300)))
        .collect();
    let file = data.file("many.csv", format!("key,value\n{}\n", rows.join("\n")).as_bytes());
    let mut import = data.command();
    import.args(["import", "variables", file.to_str().unwrap()]);
    let child = import.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    let journal = data.journal();
    while fs::metadata(&journal).map_or(0, |data| data.len()) < 1 << 20 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be stopped"
        );
        std::thread::yield_now();
    }
    let stopped = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    let ran = Ran::from(child.wait_with_output().unwrap()).exits(130);
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("", "Stopped. Nothing was kept.\n")
    );
    assert_eq!(keys(&data), ["a=1", "b=2"]);
}

#[test]
fn pools_are_imported_by_their_rules() {
    let data = DataFolder::new();
    let line = ["import", "pools", "-", "-o", "json"];
    let result = data
        .run_with(&line, b"key,slots\nsmall,4\nlarge,many\n")
        .exits(3)
        .json();
    assert_eq!(result["refused"][0]["why"], "The slots must be a whole number.");
    data.run_with(&line, b"key,slots\nsmall,4\n").exits(0);
    let pool = data
        .run(&["records", "get", "pools", "small", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        pool["fields"],
        json!({"slots": 4, "description": null, "include_deferred": false})
    );
}

#[test]
fn an_import_that_is_stopped_keeps_nothing() {
    let data = with_two();
    // Far more than is in the journal when it is stopped.
    let rows: Vec<String> = (0..20_000)
        .map(|row| format!("new_{row},{}", "x".repeat(300)))
        .collect();
    let file = data.file("many.csv", format!("key,value\n{}\n", rows.join("\n")).as_bytes());
    let mut import = data.command();
    import.args(["import", "variables", file.to_str().unwrap()]);
    let mut child = import
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // In the middle: a part of the transaction is in the mirror's journal already, and it is not committed.
    let journal = data.journal();
    while fs::metadata(&journal).map_or(0, |data| data.len()) < 1 << 20 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it could be stopped"
        );
        std::thread::yield_now();
    }
    // Not by INT as Ctrl+C does: what a shell starts in the background ignores that.
    let stopped = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(stopped.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), None, "ended by the signal");
    assert_eq!(keys(&data), ["a=1", "b=2"]);
}

#[test]
fn a_file_of_two_gigabytes_is_refused() {
    let data = with_two();
    let path = data.file("huge.csv", b"key,value\n");
    fs::File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .set_len(2 << 30)
        .unwrap();
    let ran = data
        .run(&["import", "variables", path.to_str().unwrap()])
        .exits(2);
    assert!(ran.err.contains("The file is larger than 256 MB."), "{ran:?}");
}
