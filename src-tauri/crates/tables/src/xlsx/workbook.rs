//! What is in a workbook: its sheets, where their parts are, how its cells are shown, and from when it counts days.

use super::package::{Package, attribute, damaged, text_of};
use super::styles::{self, Shown};
use crate::fault::FileFault;
use crate::options::Limits;
use quick_xml::events::Event;
use std::collections::HashMap;

/// A sheet of a workbook.
#[derive(Debug, Clone)]
pub(crate) struct SheetEntry {
    pub(crate) name: String,
    pub(crate) is_hidden: bool,
    /// The name of its part.
    pub(crate) part: String,
}

/// A workbook, but for its cells.
#[derive(Debug, Default)]
pub(crate) struct Workbook {
    pub(crate) sheets: Vec<SheetEntry>,
    /// Days are counted from 1904 instead of 1900.
    pub(crate) is_from_1904: bool,
    /// The texts that cells name by number.
    pub(crate) texts: Vec<Box<str>>,
    /// How cells are shown, by the number of their style.
    pub(crate) styles: Vec<Shown>,
}

/// Relations of a part: the last word of the kind, the id and the target.
type Relations = Vec<(String, String, String)>;

/// Reads all that is needed to read a sheet.
pub(crate) fn open(package: &mut Package<'_>, limits: &Limits) -> Result<Workbook, FileFault> {
    let roots = relations(package, "_rels/.rels", "")?;
    let part = target(&roots, "officeDocument").ok_or_else(|| damaged("its table of contents"))?;
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let related = relations(package, &joined(folder, &format!("_rels/{file}.rels")), folder)?;
    let mut workbook = contents(package, part, &related)?;
    if let Some(part) = target(&related, "sharedStrings") {
        workbook.texts = texts(package, part, limits)?;
    }
    if let Some(part) = target(&related, "styles") {
        workbook.styles = package.part(part, styles::read)?.unwrap_or_default();
    }
    Ok(workbook)
}

fn target<'r>(relations: &'r Relations, kind: &str) -> Option<&'r str> {
    relations
        .iter()
        .find(|(known, _, _)| known == kind)
        .map(|(_, _, target)| target.as_str())
}

fn relations(package: &mut Package<'_>, part: &str, folder: &str) -> Result<Relations, FileFault> {
    let read = package.part(part, |xml| {
        let mut relations = Relations::new();
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.local_name().as_ref() == "Relationship" => {
                    let value = |name| attribute(&tag, name).unwrap_or_default();
                    let kind = value("Type").rsplit('/').next().unwrap_or_default().to_owned();
                    relations.push((kind, value("Id"), joined(folder, &value("Target"))));
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    })?;
    read.ok_or_else(|| damaged(part))
}

/// The name of a part that is named from a folder; a slash at the front names it from the root.
fn joined(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn contents(package: &mut Package<'_>, part: &str, related: &Relations) -> Result<Workbook, FileFault> {
    let parts: HashMap<&str, &str> = related
        .iter()
        .map(|(_, id, target)| (id.as_str(), target.as_str()))
        .collect();
    let read = package.part(part, |xml| {
        let mut workbook = Workbook::default();
        loop {
            match xml.next()? {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "workbookPr" => {
                        let date = attribute(&tag, "date1904");
                        workbook.is_from_1904 = date.is_some_and(|flag| flag == "1" || flag == "true");
                    }
                    "sheet" => {
                        let id = attribute(&tag, "id").unwrap_or_default();
                        let part = parts.get(id.as_str()).copied().unwrap_or_default().to_owned();
                        let name = attribute(&tag, "name").unwrap_or_default();
                        let is_hidden = attribute(&tag, "state").is_some_and(|state| state != "visible");
                        workbook.sheets.push(SheetEntry {
                            name,
                            is_hidden,
                            part,
                        });
                    }
                    _ => {}
                },
                Event::Eof => return Ok(workbook),
                _ => {}
            }
        }
    })?;
    read.ok_or_else(|| damaged(part))
}

/// The shared texts; what is said of how a text is pronounced (`rPh`) is no part of it.
fn texts(package: &mut Package<'_>, part: &str, limits: &Limits) -> Result<Vec<Box<str>>, FileFault> {
    let read = package.part(part, |xml| {
        let (mut texts, mut bytes) = (Vec::new(), 0_u64);
        let (mut text, mut in_text, mut aside) = (String::new(), false, false);
        loop {
            let event = xml.next()?;
            match &event {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "t" => in_text = !aside,
                    "rPh" => aside = true,
                    _ => {}
                },
                Event::End(tag) => match tag.local_name().as_ref() {
                    "t" => in_text = false,
                    "rPh" => aside = false,
                    "si" => texts.push(std::mem::take(&mut text).into_boxed_str()),
                    _ => {}
                },
                Event::Eof => return Ok(texts),
                _ => {}
            }
            if let Some(more) = text_of(&event)?.filter(|_| in_text) {
                bytes += more.len() as u64;
                text.push_str(&more);
            }
            if bytes > limits.text_bytes || texts.len() as u64 > limits.cells {
                return Err(FileFault::too_large(
                    "The texts of the workbook are too many.".to_owned(),
                ));
            }
        }
    })?;
    read.ok_or_else(|| damaged(part))
}
