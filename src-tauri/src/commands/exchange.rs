//! Files in and out: the window hands a file over in parts and shows its preview by pages. What it keeps of it are edits of its
//! own, like any other.

use super::{Answer, Open};
use crate::downloads;
use crate::imports::{Imports, locked};
use crate::problems::{bad_input, blocking};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use leeward_model::carried::Carried;
use leeward_model::{
    FileFormat, ImportOptions, ImportPart, ImportPreview, ImportRow, ImportWork, SavedFile, VARIABLES,
};
use leeward_sync::new_ulid;
use leeward_transfer::{format, taken, written};
use std::sync::Arc;
use tauri::{AppHandle, State};
use ulid::Ulid;

/// The most lines or records in one answer.
const PAGE_MAX: u32 = 2000;

/// Begins to import a file into a collection, and gives the id by which it is meant from then on. One that was open is let go.
#[tauri::command]
pub(crate) async fn import_begin(
    open: Open<'_>,
    imports: State<'_, Imports>,
    collection: String,
) -> Answer<String> {
    let file = new_ulid(open.kit.runtime.as_ref()).to_string();
    imports.begin(file.clone(), collection);
    Ok(file)
}

/// The next part of the file, in base64.
#[tauri::command]
pub(crate) async fn import_part(imports: State<'_, Imports>, file: String, part: String) -> Answer<()> {
    let import = imports.of(&file)?;
    locked(&import).push(&part_of(&part)?)
}

/// A part of a file as it came from the window.
pub(crate) fn part_of(part: &str) -> Answer<Vec<u8>> {
    let part = STANDARD.decode(part);
    part.map_err(|_| {
        bad_input(
            "A part of the file did not arrive.".to_owned(),
            "Choose it again.",
        )
    })
}

/// What importing the file would do to the records that there are.
#[tauri::command]
pub(crate) async fn import_plan(
    open: Open<'_>,
    imports: State<'_, Imports>,
    id: Ulid,
    file: String,
    options: ImportOptions,
) -> Answer<ImportPreview> {
    let workspace = open.of(id)?;
    let airflow = workspace.environment.url.clone();
    let import = imports.of(&file)?;
    let runtime = Arc::clone(&open.kit.runtime);
    let read = Arc::clone(&import);
    let opened = blocking(move || locked(&read).open(&options)).await?;
    let make_key = move || new_ulid(runtime.as_ref()).to_string();
    workspace
        .read(move |ledger| Ok(locked(&import).plan(ledger, opened, &airflow, make_key)))
        .await?
}

/// Lines of a part of the preview, from one on.
#[tauri::command]
pub(crate) async fn import_rows(
    imports: State<'_, Imports>,
    file: String,
    part: ImportPart,
    from: u32,
    count: u32,
) -> Answer<Vec<ImportRow>> {
    let import = imports.of(&file)?;
    blocking(move || locked(&import).rows(part, from as usize, count.min(PAGE_MAX) as usize)).await
}

/// Whether the records are still what they were when the plan was made: what was shown is what keeping it does.
#[tauri::command]
pub(crate) async fn import_is_current(
    open: Open<'_>,
    imports: State<'_, Imports>,
    id: Ulid,
    file: String,
) -> Answer<bool> {
    let workspace = open.of(id)?;
    let airflow = workspace.environment.url.clone();
    let import = imports.of(&file)?;
    workspace
        .read(move |ledger| Ok(locked(&import).is_current(ledger, &airflow)))
        .await?
}

/// The work that keeping the import is, from one record on; empty at the end. `with_rest` deletes the records that are not in
/// the file.
#[tauri::command]
pub(crate) async fn import_works(
    imports: State<'_, Imports>,
    file: String,
    with_rest: bool,
    from: u32,
    count: u32,
) -> Answer<Vec<ImportWork>> {
    let import = imports.of(&file)?;
    let count = count.min(PAGE_MAX) as usize;
    let works = blocking(move || locked(&import).works(with_rest, from as usize, count)).await?;
    Ok(works.into_iter().map(Carried::to_window).collect())
}

/// Writes the refused rows with their reasons among the downloads, as CSV: to be mended and imported again.
#[tauri::command]
pub(crate) async fn import_refused_save(
    app: AppHandle,
    imports: State<'_, Imports>,
    file: String,
    collection: String,
) -> Answer<SavedFile> {
    let (import, folder) = (imports.of(&file)?, downloads::folder(&app)?);
    blocking(move || {
        let (bytes, rows, missing) = locked(&import).refused()?;
        let stem = format!("{} refused", downloads::stem(&collection));
        let name = downloads::save(&folder, &stem, "csv", &bytes)?;
        Ok(saved(name, &folder, rows, missing))
    })
    .await
}

/// Ends an import, kept or not: nothing of the file stays.
#[tauri::command]
pub(crate) async fn import_end(imports: State<'_, Imports>, file: String) -> Answer<()> {
    imports.end(&file);
    Ok(())
}

/// Writes a collection's records among the downloads, as they are shown. `plain`: a workbook without the hidden sheet.
#[tauri::command]
pub(crate) async fn export_save(
    app: AppHandle,
    open: Open<'_>,
    id: Ulid,
    collection: String,
    format: FileFormat,
    plain: bool,
) -> Answer<SavedFile> {
    if format == FileFormat::AirflowVariables && collection != VARIABLES {
        let what = format!("{collection} are no Variables.");
        return Err(bad_input(what, "Choose another format."));
    }
    let workspace = open.of(id)?;
    let (airflow, folder) = (workspace.environment.url.clone(), downloads::folder(&app)?);
    let name = downloads::stem(&collection);
    let taken = workspace
        .read(move |ledger| Ok(taken(ledger, &collection)))
        .await??;
    blocking(move || {
        let airflow = (!plain).then_some(airflow.as_str());
        let (bytes, rows, secrets) = written(&taken, self::format(format), airflow)?;
        let name = downloads::save(&folder, &name, ending(format), &bytes)?;
        Ok(saved(name, &folder, rows, secrets))
    })
    .await
}

fn ending(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => "csv",
        FileFormat::Xlsx => "xlsx",
        FileFormat::Parquet => "parquet",
        FileFormat::Json | FileFormat::AirflowVariables => "json",
    }
}

fn saved(name: String, folder: &std::path::Path, rows: usize, left_out: usize) -> SavedFile {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    SavedFile {
        name,
        folder: folder.display().to_string(),
        rows: count(rows),
        left_out: count(left_out),
    }
}
