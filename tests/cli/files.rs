//! Files out of one desktop and into another.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::fixture::{Fixture, same};

const MODEL: &str = r#"{"title": "Prices", "type": "object", "properties": {
    "sku": {"type": "string"}, "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 18}},
    "lots": {"type": "integer"}, "on": {"type": "boolean"}, "day": {"type": "string", "format": "date"},
    "at": {"type": "string", "format": "date-time"}, "kind": {"enum": ["0010", "b"]}, "more": {}},
    "required": ["sku"], "x-leeward": {"collection": "priced", "version": 1, "key": ["sku"]}}"#;

const ROWS: &str = "sku,price,lots,on,day,at,kind,more\n\
    007,99999999999999999999.000000000000000001,9007199254740993,true,1899-01-01,2026-11-01T09:30:00+01:00,0010,\"{\"\"a\"\":[1.50,null]}\"\n\
    MARCH1,-0.1,-9223372036854775808,false,9999-12-31,2026-11-01T09:30:00Z,b,null\n";

/// One desktop's records as Parquet are the same records on another; what changed meanwhile is put back as a pending edit.
pub(crate) fn parquet(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let made = [
        "collection",
        "create",
        "priced",
        "--model",
        "-",
        "--binding",
        "variables",
    ];
    ctl.run_with(&made, MODEL)?.exits(0)?;
    ctl.run_with(&["import", "priced", "-"], ROWS)?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let there = fixture.raw("priced.007")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("priced.parquet");
    let file = file.to_str().unwrap_or_default();
    ctl.run(&["export", "priced", file])?.exits(0)?;
    ensure!(std::fs::read(file)?.starts_with(b"PAR1"), "no Parquet file");

    let other = fixture.synced()?;
    let import = ["import", "priced", file, "--delete-rest"];
    let unchanged = other.run(&import)?.exits(0)?.json;
    same(
        &[
            &unchanged["added"],
            &unchanged["changed"],
            &unchanged["deleted"],
            &unchanged["unchanged"],
        ],
        &[&json!(0), &json!(0), &json!(0), &json!(2)],
    )?;
    other
        .run(&[
            "records", "set", "priced", "007", "--field", "price=1", "--field", "more=2",
        ])?
        .exits(0)?;
    other
        .run(&["records", "set", "priced", "new", "--field", "lots=1"])?
        .exits(0)?;
    other.sync()?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let back = ctl.run(&import)?.exits(0)?.json;
    same(&(&back["changed"], &back["deleted"]), &(&json!(1), &json!(1)))?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("priced.007")?, &there)?;
    ensure!(
        fixture.server.raw_variable("priced.new")?.is_none(),
        "the rest is still there"
    );
    Ok(())
}
