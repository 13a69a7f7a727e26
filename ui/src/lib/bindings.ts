// Generated from src-tauri/crates/model by `cargo xtask bindings`; do not edit.

export type FieldKind = "text" | "json_text" | "json";

export type Policy = "ask" | "mine" | "theirs";

export type JsonType = "null" | "boolean" | "number" | "integer" | "string" | "array" | "object";

export type Format = "integer" | "decimal" | "date" | "date-time";

export type Field = { 
/**
 * The field's name, unique in its collection.
 */
name: string, 
/**
 * How it is compared and merged.
 */
kind: FieldKind, 
/**
 * What a new record has where the analyst gave nothing.
 */
default?: unknown, 
/**
 * What happens to a clash.
 */
policy: Policy, 
/**
 * Every record has it.
 */
required: boolean, 
/**
 * The member that tells the items of an array apart, so that arrays of objects merge item by item; without it an
 * array merges as a whole.
 */
item_key?: string, 
/**
 * Two changes of it are a clash, even of different parts of its JSON.
 */
whole?: boolean, 
/**
 * The only types that it may have.
 */
type?: Array<JsonType>, 
/**
 * What a text must be: numbers that no float carries, and times. Limits of a number hold for such a text, too.
 */
format?: Format, 
/**
 * The most decimal places of a decimal.
 */
scale?: number, 
/**
 * The only values that it may have.
 */
enum?: unknown[], 
/**
 * The least number.
 */
minimum?: number, 
/**
 * The greatest number.
 */
maximum?: number, 
/**
 * The least length of a text, in characters.
 */
minLength?: number, 
/**
 * The greatest length of a text, in characters.
 */
maxLength?: number, 
/**
 * A regular expression that a text must contain a match of.
 */
pattern?: string, };

export type Collection = { 
/**
 * The collection's name, such as `variables`.
 */
name: string, 
/**
 * Its fields, in the order in which they are shown. The key of a built-in collection is none of them.
 */
fields: Array<Field>, 
/**
 * The fields that the key is made of. They are set with a new record, and stay.
 */
key?: Array<string>, 
/**
 * Groups of fields that merge together: two changes of one group are a clash. Every other field is one by itself.
 */
merge?: Array<Array<string>>, };

export type BindingKind = "variables" | "dag";

export type CollectionView = { 
/**
 * Its name.
 */
name: string, 
/**
 * What people call it; the name where the model has no title.
 */
title: string, 
/**
 * Where its records are.
 */
binding: BindingKind, 
/**
 * What the keys of its Variables begin with; `None` where its records are no Variables.
 */
prefix: string | null, 
/**
 * The version of the data model that this computer works by.
 */
version: number, 
/**
 * That data model: the file's text, a JSON Schema.
 */
model: string, 
/**
 * The same as the merge knows it.
 */
collection: Collection, 
/**
 * What is wrong with the collection in Airflow, in plain words.
 */
trouble: string | null, 
/**
 * Because of that nothing of it is changed or sent: Airflow has a data model that cannot be used here.
 */
stands_still: boolean, 
/**
 * Its records, as the analyst sees them.
 */
records: number, 
/**
 * Records with work that waits to be sent and can be.
 */
pending: number, 
/**
 * Records in conflict.
 */
conflicts: number, 
/**
 * Records whose work was refused.
 */
rejected: number, };

export type FieldOrigin = { 
/**
 * What it is called in the description.
 */
name: string, 
/**
 * What it is called now.
 */
was: string, 
/**
 * Texts of it that become others: before, after.
 */
map: Array<[string, string]>, };

export type ModelDraft = { 
/**
 * The data model that it began with, as its file; none of a collection that is new.
 */
from: string | null, 
/**
 * What the keys of its Variables begin with. It counts for a new collection alone.
 */
prefix: string, 
/**
 * The data model's file. In the next version of one, version and steps are left out: they follow from `origins`.
 */
file: string, 
/**
 * The fields that there were before.
 */
origins: Array<FieldOrigin>, };

export type PlacedFault = { 
/**
 * A JSON Pointer (RFC 6901) into the file, or `prefix`, or `from` where another version is there by now.
 */
pointer: string, 
/**
 * What is wrong there, as the end of a sentence ("is not a whole number").
 */
what: string, 
/**
 * What would be right, as a sentence.
 */
instead: string, };

export type FieldEffectKind = "dropped" | "renamed" | "converted" | "filled";

export type ValueEffect = { 
/**
 * The record's key.
 */
key: string, 
/**
 * What a cell shows now; none where there is nothing.
 */
before: string | null, 
/**
 * What it shows then.
 */
after: string | null, };

export type FieldEffect = { 
/**
 * What it is.
 */
kind: FieldEffectKind, 
/**
 * What the field is called: one that is gone by its present name, any other by its next.
 */
field: string, 
/**
 * What it is called now; none where it is new.
 */
was: string | null, 
/**
 * How many records have a value there to which it happens.
 */
records: number, 
/**
 * The first of them.
 */
examples: Array<ValueEffect>, };

export type BrokenValue = { 
/**
 * The record's key.
 */
key: string, 
/**
 * The field, by its next name.
 */
field: string, 
/**
 * The rule, as the end of a sentence ("must be a whole number").
 */
why: string, };

export type BrokenTogether = { 
/**
 * The fields whose values no two records share, or the one that refers.
 */
fields: Array<string>, 
/**
 * The collection that it refers to; none where values are shared.
 */
refers_to: string | null, 
/**
 * How many records take part.
 */
records: number, 
/**
 * The keys of the first of them.
 */
examples: Array<string>, };

export type ModelEffect = { 
/**
 * The version that it is.
 */
version: number, 
/**
 * Nothing would be another than it is.
 */
is_same: boolean, 
/**
 * What needs no step, as sentences.
 */
additions: Array<string>, 
/**
 * How many records there are.
 */
records: number, 
/**
 * How many of them would read otherwise than now.
 */
changed: number, 
/**
 * What happens to fields, where something does.
 */
fields: Array<FieldEffect>, 
/**
 * How many values would break a rule of their field.
 */
broken: number, 
/**
 * The first of them.
 */
broken_examples: Array<BrokenValue>, 
/**
 * Rules about records together that would be broken.
 */
together: Array<BrokenTogether>, };

export type ModelLook = { 
/**
 * What is wrong with it; none where it can be kept.
 */
faults: Array<PlacedFault>, 
/**
 * The file that is kept; none where something is wrong.
 */
file: string | null, 
/**
 * What keeping it does to the records that there are; none for a new collection, and where something is wrong.
 */
effect: ModelEffect | null, };

export type RecordState = "clean" | "pending" | "violation" | "in_doubt" | "rejected" | "conflict";

export type ConflictKind = "fields" | "edit_delete" | "create_create" | "invalid";

export type Against = "airflow" | "local";

export type ConflictField = { 
/**
 * The field's name.
 */
name: string, 
/**
 * The value before both changes.
 */
base?: unknown, 
/**
 * The analyst's value.
 */
mine?: unknown, 
/**
 * The value it clashes with: Airflow's now or, where `against` says so, another edit on this computer.
 */
airflow?: unknown, 
/**
 * Airflow has a value that holds something secret: it cannot be shown, and `airflow` is missing.
 */
sealed?: boolean, 
/**
 * The clashing paths inside a JSON value, as JSON Pointers (RFC 6901); empty when the whole field clashes.
 */
paths: Array<string>, 
/**
 * Who it clashes with.
 */
against: Against, 
/**
 * Both sides' changes of a text, merged line by line: for a person to look at, never sent by itself. Missing where
 * the lines clash, too.
 */
suggestion?: unknown, };

export type Conflict = { 
/**
 * Why.
 */
kind: ConflictKind, 
/**
 * The clashing fields.
 */
fields: Array<ConflictField>, 
/**
 * The analyst's side is a delete.
 */
mine_deleted: boolean, 
/**
 * Airflow has no such record (any more).
 */
airflow_deleted: boolean, 
/**
 * When it was found (RFC 3339).
 */
found_at: string, 
/**
 * Decisions made against an older value of Airflow's, and edits whose place a later one took: kept, to be looked at
 * again. The latest of a field stands under its name, those before it under its name and a number, as in `value (2)`.
 */
decided: Record<string, unknown> | null, 
/**
 * In plain words, where the kind alone does not say it (such as the broken rule).
 */
note: string | null, };

export type ChangedBy = { 
/**
 * Where the value came from.
 */
source: Source, 
/**
 * Who, where it is known.
 */
author: string | null, };

export type RecordView = { 
/**
 * The collection's name.
 */
collection: string, 
/**
 * The record's key.
 */
key: string, 
/**
 * The record as the analyst sees it, edits included. Sealed fields are missing here.
 */
fields: Record<string, unknown>, 
/**
 * The record as last confirmed by Airflow, as the analyst would see it; `None` when it is not in Airflow.
 */
base: Record<string, unknown> | null, 
/**
 * Names of the fields that hold something secret: never stored, never shown.
 */
sealed: Array<string>, 
/**
 * Where the pending work stands.
 */
state: RecordState, 
/**
 * The analyst deleted it (pending).
 */
deleted: boolean, 
/**
 * Why it is rejected, in doubt or stopped, in plain words.
 */
note?: string, 
/**
 * The analyst's reason for the pending edit.
 */
reason?: string, 
/**
 * When the pending edit was made, or else when the record last changed here (RFC 3339).
 */
changed_at: string | null, 
/**
 * Who or what changed it last; told to the window only, and missing where the history does not say.
 */
changed_by?: ChangedBy, 
/**
 * The stored conflict, if there is one.
 */
conflict: Conflict | null, 
/**
 * The mirror's own form of base and overlay, opaque to screens; given back in a rebuild.
 */
ledger: unknown, };

export type Change = { 
/**
 * What was shown; missing where there was nothing.
 */
from?: unknown, 
/**
 * What was typed; missing where the field was emptied, and in a delete.
 */
to?: unknown, };

export type EntryKind = "edit" | "delete" | "resolve" | "act" | "take_back" | "release";

export type TriggerRun = { 
/**
 * The DAG.
 */
dag_id: string, 
/**
 * The run's conf: a JSON object.
 */
conf: Record<string, unknown>, 
/**
 * A note for the run; at most 1000 characters.
 */
note: string | null, };

export type ConfFault = { 
/**
 * The param.
 */
param: string, 
/**
 * What is wrong with it, in plain words and without its value: "region must be EU or US".
 */
says: string, };

export type ActionKind = { "kind": "trigger_run" } & TriggerRun;

export type Action = { 
/**
 * Unique for ever; the run's id is derived from it.
 */
id: string, 
/**
 * What it does.
 */
what: ActionKind, 
/**
 * Wait until every record edited before it is verified in Airflow.
 */
after_edits: boolean, };

export type ActionState = "queued" | "waiting" | "held" | "in_doubt" | "done" | "rejected" | "cancelled";

export type WaitsFor = { 
/**
 * The record's collection.
 */
collection: string, 
/**
 * The record's key.
 */
key: string, };

export type ActionView = { 
/**
 * The action itself.
 */
action: Action, 
/**
 * Where it stands.
 */
state: ActionState, 
/**
 * Why it is waiting, held, rejected or in doubt, in plain words.
 */
note: string | null, 
/**
 * The analyst's reason.
 */
reason: string | null, 
/**
 * When it was queued (RFC 3339).
 */
queued_at: string, 
/**
 * The records it still waits for.
 */
waits_for: Array<WaitsFor>, 
/**
 * The id of the run, once it took effect.
 */
run_id: string | null, 
/**
 * The run's state as last seen (`queued`, `running`, `success`, `failed`, …).
 */
run_state: string | null, };

export type Entry = { 
/**
 * Unique for ever.
 */
id: string, 
/**
 * Position in this client's log, from 1, without gaps in an epoch.
 */
seq: number, 
/**
 * What it is.
 */
kind: EntryKind, 
/**
 * The record's collection; empty for `act` and for an action's `take_back` or `release`.
 */
collection: string, 
/**
 * The record's key; the action's id for an action's `take_back` or `release`.
 */
key: string, 
/**
 * The changes, by field. In a `delete`, the record that was seen (`from` only). In a `resolve`, what it was
 * decided against (`from`: the clashing value as shown) and the result (`to`). In a `take_back`, the clashing values
 * that were shown (`from` only).
 */
fields: { [key in string]: Change }, 
/**
 * In an `edit`: the client knew no record of this key, not even one to be deleted. It has seen nothing here.
 */
creates?: boolean, 
/**
 * In a `resolve` and a `take_back`: the analyst's side as it was shown, by field, without those that had none. A
 * decision over another one is not carried out, and other work is not taken back. `None` where it is not told.
 */
mine?: Record<string, unknown>, 
/**
 * In a `resolve`: the result is that the record is deleted. In a `take_back`: it was shown as deleted.
 */
deleted: boolean, 
/**
 * In an `act`: the action.
 */
action: Action | null, 
/**
 * The analyst's reason.
 */
reason: string | null, 
/**
 * When the analyst did it, by this computer's clock (RFC 3339). Shown, never used to decide.
 */
at: string, };

export type Source = "local" | "taken_back" | "first_read" | "airflow" | "merge";

export type HistoryItem = { 
/**
 * By which it can be put back, such as `h12`; unique within the mirror.
 */
id?: string, 
/**
 * When (RFC 3339).
 */
at: string, 
/**
 * Where it came from.
 */
source: Source, 
/**
 * Who, where it is known.
 */
author: string | null, 
/**
 * The analyst's reason.
 */
reason: string | null, 
/**
 * The whole record at that point; `None` when it was deleted. Sealed fields are missing.
 */
fields: Record<string, unknown> | null, 
/**
 * The run that carried it, where one did.
 */
run: string | null, };

export type LinkState = "unknown" | "online" | "offline" | "sign_in_needed" | "trouble" | "not_allowed";

export type TrayState = "in_sync" | "syncing" | "offline" | "pending" | "conflict" | "sign_in" | "paused" | "error";

export type Status = { 
/**
 * The environment's name.
 */
environment: string, 
/**
 * Records with edits that wait to be sent and can be. One in conflict, refused or in a violation is counted there, not
 * here.
 */
pending: number, 
/**
 * Actions that are not final, those held included.
 */
outbox: number, 
/**
 * Records and actions that are not in Airflow yet, whatever keeps them here.
 */
unsent: number, 
/**
 * Records in conflict.
 */
conflicts: number, 
/**
 * Rules of data models that are broken, each by the records that break it together.
 */
violations: number, 
/**
 * Actions held.
 */
held: number, 
/**
 * Records and actions that Airflow refused.
 */
rejected: number, 
/**
 * Of them, the actions.
 */
rejected_actions: number, 
/**
 * Records and actions whose outcome is unknown.
 */
in_doubt: number, 
/**
 * The last attempt reached an Airflow.
 */
reachable: boolean, 
/**
 * The last attempt was signed in.
 */
signed_in: boolean, 
/**
 * A collection is stopped until a person has looked.
 */
braked: boolean, 
/**
 * When every collection was last read to the end (RFC 3339).
 */
last_complete_observation: string | null, 
/**
 * When Airflow was last asked what changed, and all of it was taken over (RFC 3339): later than the last complete
 * observation where only what its event log points at was read.
 */
last_check: string | null, 
/**
 * Collections that this account may not read, in order of their names.
 */
not_allowed: Array<string>, 
/**
 * How the link stands.
 */
link: LinkState, 
/**
 * What went wrong last, in plain words.
 */
trouble: string | null, 
/**
 * When Airflow last answered (RFC 3339).
 */
last_answer: string | null, 
/**
 * Nothing is sent before the analyst has looked at it and said "send".
 */
review: boolean, 
/**
 * Changes and actions that wait for that.
 */
to_review: number, 
/**
 * A cycle runs in this process.
 */
syncing: boolean, 
/**
 * How far that cycle is; only where it takes more than a second.
 */
progress?: SyncProgress, 
/**
 * Sync is paused in this process.
 */
paused: boolean, 
/**
 * The tray's state.
 */
tray: TrayState, 
/**
 * The status line: the same words on every screen and in the tray.
 */
line: string, };

export type SyncProgress = { 
/**
 * Records read until now.
 */
read: number, 
/**
 * Records written until now, and read back.
 */
sent: number, 
/**
 * Of how many: those written, and those that are about to be. None until it is known what is to be written.
 */
to_send: number, };

export type CycleSummary = { 
/**
 * Records read.
 */
observed: number, 
/**
 * Records whose remote values were taken over.
 */
pulled: number, 
/**
 * Records written to Airflow and verified, deletes included.
 */
pushed: number, 
/**
 * Records in which both sides' changes were merged.
 */
merged: number, 
/**
 * Records in conflict after the cycle.
 */
conflicts: number, 
/**
 * Rules of data models that are broken after the cycle.
 */
violations: number, 
/**
 * Actions held after the cycle.
 */
held: number, 
/**
 * Records and actions rejected after the cycle.
 */
rejected: number, 
/**
 * Records and actions in doubt after the cycle.
 */
in_doubt: number, 
/**
 * Requests sent.
 */
requests: number, 
/**
 * How long it took, in milliseconds.
 */
duration_ms: number, 
/**
 * A person stopped it before it was done. What was read and sent until then counts; the next one goes on. Written only
 * where it is so.
 */
stopped?: boolean, };

export type ProblemCode = "unreachable" | "sign_in_needed" | "forbidden" | "not_airflow" | "rejected" | "server_trouble" | "bad_input" | "not_found" | "handshake_needed" | "environment_gone" | "busy" | "stopped" | "storage" | "keychain" | "internal";

export type Problem = { 
/**
 * To branch on.
 */
code: ProblemCode, 
/**
 * What happened, as a sentence.
 */
what: string, 
/**
 * What it means for the analyst's work, as a sentence.
 */
meaning: string, 
/**
 * What to do next, as a sentence.
 */
next: string, 
/**
 * Trying again by itself can help.
 */
retry: boolean, };

export type Trigger = "interval" | "edit" | "other_process" | "network_back" | "resume" | "asked" | "start";

export type Scan = "none" | "hinted" | "full";

export type CycleTrouble = { 
/**
 * Its kind.
 */
code: ProblemCode, 
/**
 * What happened, in plain words.
 */
what: string, };

export type Activity = { 
/**
 * When it began (RFC 3339).
 */
at: string, 
/**
 * What called for it.
 */
trigger: Trigger, 
/**
 * How much of Airflow it looked at.
 */
scan: Scan, 
/**
 * Requests sent.
 */
requests: number, 
/**
 * Records read.
 */
read: number, 
/**
 * Records whose remote values were taken over.
 */
pulled: number, 
/**
 * Records written to Airflow and verified, deletes included.
 */
written: number, 
/**
 * Writes that were planned or sent again: Airflow had moved, or an answer was lost.
 */
retried: number, 
/**
 * Records in which both sides' changes were merged.
 */
merged: number, 
/**
 * Conflicts that were new.
 */
conflicts: number, 
/**
 * Records that another writer may have changed within our write window.
 */
overwritten: number, 
/**
 * The longest time between the last look at a record and the end of its write, in milliseconds; `None` when
 * nothing was written.
 */
window_ms: number | null, 
/**
 * How long the cycle took, in milliseconds.
 */
duration_ms: number, 
/**
 * What stopped it, or what went wrong with one of the things it did.
 */
trouble: CycleTrouble | null, 
/**
 * Whether the event log can be read: without it nobody else's write within ours can be noticed.
 */
detection: boolean, 
/**
 * Cycles before this one, since the last that is listed, that found nothing to do.
 */
quiet_before: number, };

export type SignInKind = "password" | "token";

export type EnvironmentView = { 
/**
 * Its identity: another one when it is removed and added again under its name.
 */
id: string, 
/**
 * It was added before environments had identities: the window's store under its name alone is its own.
 */
is_from_before: boolean, 
/**
 * Unique name, chosen by the analyst.
 */
name: string, 
/**
 * The Airflow's address.
 */
url: string, 
/**
 * How one signs in.
 */
sign_in: SignInKind, 
/**
 * The user name, for a password sign-in.
 */
username: string | null, 
/**
 * The colour along the top edge, as `#rrggbb`.
 */
colour: string, 
/**
 * Seconds between automatic cycles.
 */
interval_s: number, 
/**
 * What is changed there is at once real.
 */
production: boolean, 
/**
 * Changes wait until the analyst has looked at them and says "send".
 */
review: boolean, };

export type NewEnvironment = { 
/**
 * Unique name, chosen by the analyst.
 */
name: string, 
/**
 * The Airflow's address.
 */
url: string, 
/**
 * The user name; `None` when the secret is a token.
 */
username: string | null, 
/**
 * The colour along the top edge, as `#rrggbb`; `None` for the next of our own.
 */
colour: string | null, 
/**
 * What is changed there is at once real.
 */
production: boolean, };

export type EnvironmentChanges = { 
/**
 * The colour along the top edge, as `#rrggbb`.
 */
colour?: string, 
/**
 * Seconds between automatic cycles.
 */
interval_s?: number, 
/**
 * What is changed there is at once real.
 */
production?: boolean, 
/**
 * Changes wait until the analyst has looked at them and says "send".
 */
review?: boolean, };

export type VaultState = "keychain" | "file_locked" | "file_open";

export type Link = { 
/**
 * Airflow's version, such as `3.3.2`.
 */
version: string, 
/**
 * The API Leeward would use: `v2`.
 */
api: string, 
/**
 * Airflow's scheduler is healthy; where it is not, queued runs will wait.
 */
scheduler_healthy: boolean | null, };

export type Digest = { 
/**
 * Rows that came from the mirror (removed ones excluded), whatever the overlay says.
 */
rows: number, };

export type TailEntry = { 
/**
 * Its position.
 */
seq: number, 
/**
 * Its id.
 */
id: string, };

export type Entered = { 
/**
 * The client.
 */
client: string, 
/**
 * The epoch of its log.
 */
epoch: number, 
/**
 * The `seq` of the last of them.
 */
last_seq: number, 
/**
 * Their ids, oldest first.
 */
ids: string[], };

export type Handshake = { 
/**
 * The client, such as `window`.
 */
client: string, 
/**
 * The environment whose work it holds; `None` from a client that knows only one.
 */
environment: string | null, 
/**
 * The mirror it last spoke with; `None` when its own store is new.
 */
store_id: string | null, 
/**
 * The epoch of its log; 0 when its store is new.
 */
epoch: number, 
/**
 * The last `seq` it ever gave out in that epoch.
 */
last_seq: number, 
/**
 * The last feed position it has taken over.
 */
cursor: number, 
/**
 * When it last pulled, by this computer's clock (RFC 3339): it knows what other clients entered before.
 */
pulled_at: string | null, 
/**
 * What other clients had entered when it last pulled, as far as it was told; `None` when it never was.
 */
entered: Entered[] | null, 
/**
 * What it holds.
 */
digest: Digest, 
/**
 * The entries still in its log, oldest first.
 */
tail: Array<TailEntry>, };

export type Resume = "resume" | "rehydrate" | "rebuild";

export type HandshakeAnswer = { 
/**
 * The environment whose mirror this is; `None` where it was never told.
 */
environment: string | null, 
/**
 * The mirror's identity; a new one after it was lost.
 */
store_id: string, 
/**
 * The epoch to use from now on.
 */
epoch: number, 
/**
 * The last `seq` of that epoch that the mirror holds.
 */
acked_seq: number, 
/**
 * What to do.
 */
verdict: Resume, 
/**
 * The ids of the client's tail that the mirror already holds.
 */
known: string[], };

export type PushAnswer = { 
/**
 * The last `seq` that is durable in the mirror.
 */
acked_seq: number, };

export type RebuildRecord = { 
/**
 * The record as last pulled.
 */
record: RecordView, 
/**
 * The last `seq` that the pulled record included.
 */
included_seq: number, };

export type RebuildAction = { 
/**
 * The action as last pulled.
 */
action: ActionView, };

export type Rebuild = { 
/**
 * The client.
 */
client: string, 
/**
 * The epoch that the handshake gave.
 */
epoch: number, 
/**
 * Rows.
 */
records: Array<RebuildRecord>, 
/**
 * Actions.
 */
actions: Array<RebuildAction>, 
/**
 * The whole log, with the last part only: entries that a row includes are noted, the others are applied.
 */
entries: Array<Entry>, 
/**
 * The last part.
 */
last: boolean, };

export type PackedRecord = { 
/**
 * Where its pending work stands.
 */
state: RecordState, 
/**
 * The fields as JSON, a line break, and the rest as JSON.
 */
text: string, };

export type PackedRest = { 
/**
 * The base; missing where it is the same as the fields.
 */
base?: Record<string, unknown> | null, 
/**
 * As in the view; missing where there are none.
 */
sealed?: Array<string>, 
/**
 * As in the view; missing where it is `clean`.
 */
state?: RecordState, 
/**
 * As in the view; missing where it is not.
 */
deleted?: boolean, 
/**
 * As in the view.
 */
note?: string, 
/**
 * As in the view.
 */
reason?: string, 
/**
 * As in the view.
 */
changed_at: string | null, 
/**
 * As in the view.
 */
changed_by?: ChangedBy, 
/**
 * As in the view; missing where there is none.
 */
conflict?: Conflict | null, 
/**
 * As in the view.
 */
ledger: unknown, 
/**
 * The client's last `seq` that the record includes; missing where that is none of its log.
 */
included_seq?: number, };

export type FeedItem<R = RecordView> = { 
/**
 * Its position.
 */
feed: number, 
/**
 * The collection; empty for an action.
 */
collection: string, 
/**
 * The record's key, or the action's id.
 */
key: string, 
/**
 * The record; `None` when it is gone (or when this is an action).
 */
record: R | null, 
/**
 * The action.
 */
action: ActionView | null, };

export type PullAnswer<R = RecordView> = { 
/**
 * The changes after the cursor, oldest first, one a record.
 */
items: Array<FeedItem<R>>, 
/**
 * The cursor to pull from next.
 */
cursor: number, 
/**
 * There is more.
 */
more: boolean, 
/**
 * The client's last `seq` that these items include. A record whose last local `seq` is above it is skipped:
 * a later item supersedes this one.
 */
included_seq: number, 
/**
 * The latest time at which other clients entered work that is in this mirror (RFC 3339), by this computer's clock,
 * which may have been set back since.
 */
entered_until?: string, 
/**
 * The newest of those entries; with the last page of changes only.
 */
entered?: Entered[], };

export type DagView = { 
/**
 * The DAG's id.
 */
dag_id: string, 
/**
 * The name it shows.
 */
name: string, 
/**
 * What it is for.
 */
description: string | null, 
/**
 * A paused DAG accepts a trigger and leaves it queued.
 */
is_paused: boolean, 
/**
 * Its tags.
 */
tags: Array<string>, 
/**
 * Its schedule in words.
 */
schedule: string | null, 
/**
 * The next scheduled run (RFC 3339).
 */
next_run: string | null, 
/**
 * Its params: a JSON object by name, each with `value`, `schema` and `description`.
 */
params: Record<string, unknown> | null, };

export type RunView = { 
/**
 * The DAG's id.
 */
dag_id: string, 
/**
 * The run's id.
 */
run_id: string, 
/**
 * `queued`, `running`, `success`, `failed`, or what a newer Airflow says.
 */
state: string, 
/**
 * The run's conf.
 */
conf: unknown, 
/**
 * When it was queued (RFC 3339).
 */
queued_at: string | null, 
/**
 * When it started (RFC 3339).
 */
start_date: string | null, 
/**
 * When it ended (RFC 3339).
 */
end_date: string | null, 
/**
 * Who triggered it.
 */
triggered_by: string | null, 
/**
 * Its note.
 */
note: string | null, 
/**
 * Queued from this computer.
 */
mine: boolean, };

export type BrakeView = { 
/**
 * The collection.
 */
collection: string, 
/**
 * What was seen, in plain words.
 */
reason: string, 
/**
 * Records that seem to have vanished.
 */
vanished: number, 
/**
 * Records that were known.
 */
known: number, 
/**
 * When it was found (RFC 3339).
 */
since: string, };

export type BrokenRule = "unique" | "reference";

export type Violation = { 
/**
 * The collection whose data model has the rule.
 */
collection: string, 
/**
 * What is broken.
 */
rule: BrokenRule, 
/**
 * The keys of the collection's records that take part, in order.
 */
keys: Array<string>, 
/**
 * The fields that the rule is about.
 */
fields: Array<string>, 
/**
 * What these records have in each of them: what no two may share, or the key that is referred to.
 */
values: Array<unknown>, 
/**
 * The collection that is referred to; missing where the rule is about no reference.
 */
refers_to?: string, 
/**
 * Why, in plain words.
 */
why: string, };

export type MirrorPart = "dags" | "runs" | "brakes" | "collections" | "violations";

export type MirrorChanged = { 
/**
 * The environment's name.
 */
env: string, 
/**
 * What else is another than when it was told last; mostly nothing.
 */
parts: Array<MirrorPart>, };

export type StatusChanged = { 
/**
 * The environment's name.
 */
env: string, 
/**
 * Where it stands.
 */
status: Status, };

export type Screen = "conflicts" | "runs" | "pending" | "overview";

export type Navigate = { 
/**
 * The environment's name.
 */
env: string, 
/**
 * The screen.
 */
to: Screen, 
/**
 * The record or run, where it is about one.
 */
key?: string, };

export type FileFormat = "csv" | "xlsx" | "parquet" | "json" | "airflow-variables";

export type DateOrder = "dmy" | "mdy" | "ymd";

export type ImportOptions = { 
/**
 * The format.
 */
format: FileFormat | null, 
/**
 * The sheet of a workbook.
 */
sheet: string | null, 
/**
 * What separates cells: one character.
 */
delimiter: string | null, 
/**
 * The encoding, by a label of the WHATWG's list.
 */
encoding: string | null, 
/**
 * What marks decimals: `.` or `,`.
 */
decimal: string | null, 
/**
 * In what order dates are written.
 */
date_order: DateOrder | null, };

export type ImportFound = { 
/**
 * The format.
 */
format: string | null, 
/**
 * The sheet that was read.
 */
sheet: string | null, 
/**
 * The sheets that are shown.
 */
sheets: Array<string>, 
/**
 * What separates cells.
 */
delimiter: string | null, 
/**
 * The encoding.
 */
encoding: string | null, 
/**
 * What marks decimals.
 */
decimal: string | null, 
/**
 * In what order dates are written.
 */
date_order: string | null, };

export type ImportPreview = { 
/**
 * Records that are made.
 */
added: number, 
/**
 * Records that are changed.
 */
changed: number, 
/**
 * Rows that change nothing.
 */
unchanged: number, 
/**
 * Refusals: a row may have several.
 */
refused: number, 
/**
 * Records that are not in the file and would be deleted, if that is wished.
 */
rest: number, 
/**
 * What was found out about the file.
 */
found: ImportFound, 
/**
 * What one should know before it is kept.
 */
notes: Array<string>, 
/**
 * What one should know before the rest is deleted.
 */
rest_notes: Array<string>, };

export type ImportPart = "added" | "changed" | "rest" | "refused";

export type ImportRow = { 
/**
 * The row of the file; null for what is not in it.
 */
row: number | null, 
/**
 * The record's key; null where one will be made, or none can be told.
 */
key: string | null, 
/**
 * What changes, field by field.
 */
fields: Array<ImportField>, 
/**
 * Of a refusal, the reason.
 */
why: string | null, };

export type ImportField = { 
/**
 * The field's name; of a refusal, the column's.
 */
name: string, 
/**
 * What is there; null for nothing.
 */
from: string | null, 
/**
 * What is to be there; of a refusal, what stands in the file.
 */
to: string | null, };

export type ImportWork = { 
/**
 * An edit or a delete.
 */
kind: EntryKind, 
/**
 * The record's key.
 */
key: string, 
/**
 * What was seen, and what is written.
 */
fields: { [key in string]: Change }, 
/**
 * The record as it is; null where there is none.
 */
before: Record<string, unknown> | null, };

export type SavedFile = { 
/**
 * Its name.
 */
name: string, 
/**
 * The folder that it is in.
 */
folder: string, 
/**
 * Records, or refused rows, in it.
 */
rows: number, 
/**
 * Records that hold a secret and are not in it, or rows that could not be taken apart.
 */
left_out: number, };

export type SavedBackup = { 
/**
 * The file's name.
 */
name: string, 
/**
 * The folder that it is in.
 */
folder: string, 
/**
 * The names of the environments in it.
 */
environments: Array<string>, };

export const SENSITIVE_WORDS: readonly string[] = ["access_key","access_token","api_key","apikey","auth_header","authorization","bearer","connection_string","dsn","keyfile_dict","passphrase","passwd","password","private_key","proxies","proxy","secret","service_account","service_key","token","webhook_url"];

/** The collections that every Airflow has, in the order in which they are synchronised. */
export const BUILT_IN: readonly Collection[] = [
  {
    "name": "variables",
    "fields": [
      {
        "name": "value",
        "kind": "json_text",
        "policy": "ask",
        "required": true
      },
      {
        "name": "description",
        "kind": "text",
        "default": null,
        "policy": "ask",
        "required": false
      }
    ]
  },
  {
    "name": "pools",
    "fields": [
      {
        "name": "slots",
        "kind": "json",
        "policy": "ask",
        "required": true,
        "type": [
          "integer"
        ],
        "minimum": -1,
        "maximum": 2147483647
      },
      {
        "name": "description",
        "kind": "text",
        "default": null,
        "policy": "ask",
        "required": false
      },
      {
        "name": "include_deferred",
        "kind": "json",
        "default": false,
        "policy": "ask",
        "required": false,
        "type": [
          "boolean"
        ]
      }
    ]
  }
];
