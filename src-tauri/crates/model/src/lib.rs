//! Leeward's words as types, shared by every crate and, through generated
//! TypeScript, by the webview. No IO, no clock, no randomness.

mod action;
mod activity;
mod bridge;
pub mod canonical;
pub mod carried;
mod collection;
mod conflict;
mod data_model;
mod decimal;
mod entry;
mod environment;
mod event;
mod exchange;
mod history;
mod json_type;
mod pattern;
mod problem;
mod record;
mod rules;
mod seal;
pub mod sensitive;
mod status;
mod value;
mod vault;
mod violation;

pub use action::{Action, ActionKind, ActionState, ActionView, ConfFault, TriggerRun, WaitsFor};
pub use activity::{Activity, CycleTrouble, Scan, Trigger};
pub use bridge::{
    BrakeView, DagView, Digest, Entered, FeedItem, Handshake, HandshakeAnswer, PackedRecord, PackedRest,
    PullAnswer, PushAnswer, Rebuild, RebuildAction, RebuildRecord, Resume, RunView, TailEntry,
};
pub use collection::{
    BindingKind, Collection, CollectionView, Field, FieldKind, Format, MODEL_KEY, POOLS, Policy, VARIABLES,
};
pub use conflict::{Against, Conflict, ConflictField, ConflictKind, kept_field};
pub use data_model::{
    BrokenTogether, BrokenValue, FieldEffect, FieldEffectKind, FieldOrigin, ModelDraft, ModelEffect,
    ModelLook, PlacedFault, ValueEffect,
};
pub use entry::{Change, Entry, EntryKind};
pub use environment::{EnvironmentChanges, EnvironmentView, Link, NewEnvironment, SignInKind};
pub use event::{MirrorChanged, MirrorPart, Navigate, Screen, StatusChanged};
pub use exchange::{
    DateOrder, FileFormat, ImportField, ImportFound, ImportOptions, ImportPart, ImportPreview, ImportRow,
    ImportWork, SavedBackup, SavedFile,
};
pub use history::{HistoryItem, Source};
pub use json_type::JsonType;
pub use problem::{Problem, ProblemCode};
pub use record::{
    BaseField, ChangedBy, Content, Overlay, OverlayField, RecordState, RecordView, Remote, secret_id,
    secret_ref,
};
pub use seal::Seal;
pub use status::{CycleSummary, LinkState, Status, SyncProgress, TrayState};
pub use value::{Fields, Slot, Value, slot};
pub use vault::VaultState;
pub use violation::{BrokenRule, Violation};

#[cfg(test)]
mod bindings;
