//! Generates `ui/src/lib/bindings.ts`. Run by `cargo xtask bindings`; the committed file is checked by a test.

use crate::*;
use std::fmt::Write as _;
use std::path::PathBuf;
use ts_rs::{Config, TS};

macro_rules! declarations {
    ($config:expr, $($type:ty),* $(,)?) => {{
        let mut out = String::new();
        $(writeln!(out, "export {}\n", <$type>::decl($config)).unwrap();)*
        out
    }};
}

fn bindings() -> String {
    let config = Config::default();
    let types = declarations!(
        &config,
        FieldKind,
        Policy,
        JsonType,
        Format,
        Field,
        Collection,
        BindingKind,
        CollectionView,
        FieldOrigin,
        ModelDraft,
        PlacedFault,
        FieldEffectKind,
        ValueEffect,
        FieldEffect,
        BrokenValue,
        BrokenTogether,
        ModelEffect,
        ModelLook,
        RecordState,
        ConflictKind,
        Against,
        ConflictField,
        Conflict,
        ChangedBy,
        RecordView,
        Change,
        EntryKind,
        TriggerRun,
        ConfFault,
        ActionKind,
        Action,
        ActionState,
        WaitsFor,
        ActionView,
        Entry,
        Source,
        HistoryItem,
        LinkState,
        TrayState,
        Status,
        SyncProgress,
        CycleSummary,
        ProblemCode,
        Problem,
        Trigger,
        Scan,
        CycleTrouble,
        Activity,
        SignInKind,
        EnvironmentView,
        NewEnvironment,
        EnvironmentChanges,
        VaultState,
        Link,
        Digest,
        TailEntry,
        Entered,
        Handshake,
        Resume,
        HandshakeAnswer,
        PushAnswer,
        RebuildRecord,
        RebuildAction,
        Rebuild,
        PackedRecord,
        PackedRest,
        FeedItem,
        PullAnswer,
        DagView,
        RunView,
        BrakeView,
        BrokenRule,
        Violation,
        MirrorPart,
        MirrorChanged,
        StatusChanged,
        Screen,
        Navigate,
        FileFormat,
        DateOrder,
        ImportOptions,
        ImportFound,
        ImportPreview,
        ImportPart,
        ImportRow,
        ImportField,
        ImportWork,
        SavedFile,
        SavedBackup,
    );
    let words = serde_json::to_string(sensitive::SENSITIVE_WORDS).unwrap();
    let built_in: Vec<_> = Collection::BUILT_IN
        .iter()
        .filter_map(|name| Collection::built_in(name))
        .collect();
    let built_in = serde_json::to_string_pretty(&built_in).unwrap();
    format!(
        "// Generated from src-tauri/crates/model by `cargo xtask bindings`; do not edit.\n\n{types}\
         export const SENSITIVE_WORDS: readonly string[] = {words};\n\n\
         /** The collections that every Airflow has, in the order in which they are synchronised. */\n\
         export const BUILT_IN: readonly Collection[] = {built_in};\n"
    )
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/lib/bindings.ts")
}

#[test]
fn bindings_are_fresh() {
    let fresh = bindings();
    if std::env::var_os("LEEWARD_WRITE_BINDINGS").is_some() {
        std::fs::create_dir_all(path().parent().unwrap()).unwrap();
        std::fs::write(path(), &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(path()).unwrap_or_default();
    assert!(
        committed == fresh,
        "ui/src/lib/bindings.ts is stale: run `cargo xtask bindings`"
    );
}
