//! The parts of a workbook: XML files in a zip archive, unpacked as a stream and never further than the limits.

use crate::fault::{FaultCode, FileFault};
use crate::options::Limits;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// The most bytes that one tag or text between tags may have: as much must be in memory at once.
const EVENT_BYTES: u64 = 16 << 20;

/// A workbook's archive, and how much of it may still be unpacked.
pub(crate) struct Package<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    left: u64,
}

impl<'b> Package<'b> {
    pub(crate) fn open(bytes: &'b [u8], limits: &Limits) -> Result<Self, FileFault> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged("its list of parts"))?;
        Ok(Self {
            archive,
            left: limits.unpacked_bytes,
        })
    }

    /// Gives a part to a function; nothing where there is no such part.
    pub(crate) fn part<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Xml<'_>) -> Result<T, FileFault>,
    ) -> Result<Option<T>, FileFault> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(_) => return Err(damaged(name)),
        };
        let bounded = Bounded {
            from: Box::new(file),
            left: &mut self.left,
            event_bytes: 0,
        };
        let mut reader = Reader::from_reader(BufReader::new(bounded));
        reader.config_mut().expand_empty_elements = true;
        let mut xml = Xml {
            reader,
            buffer: Vec::new(),
            name: name.to_owned(),
        };
        read(&mut xml).map(Some)
    }
}

/// A part that is read tag by tag. An empty tag comes as a start and an end.
pub(crate) struct Xml<'p> {
    reader: Reader<BufReader<Bounded<'p>>>,
    buffer: Vec<u8>,
    name: String,
}

impl Xml<'_> {
    /// The next tag or text.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, FileFault> {
        self.buffer.clear();
        self.reader.get_mut().get_mut().event_bytes = 0;
        let event = self.reader.read_event_into(&mut self.buffer);
        event.map_err(|error| match error {
            quick_xml::Error::Io(error) if error.kind() == ErrorKind::FileTooLarge => too_large(),
            _ => damaged(&self.name),
        })
    }
}

/// What a text between tags says, without XML's spelling; nothing for a tag.
///
/// # Errors
/// Where it names an entity that is not XML's own: what that stands for, the file would say itself.
pub(crate) fn text_of(event: &Event<'_>) -> Result<Option<String>, FileFault> {
    let text = match event {
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(name) => {
            let number = name.resolve_char_ref().ok().flatten().map(String::from);
            let named = || resolve_predefined_entity(name).map(str::to_owned);
            number
                .or_else(named)
                .ok_or_else(|| damaged(&format!("“&{};”", &**name)))?
        }
        _ => return Ok(None),
    };
    Ok(Some(text))
}

/// The value of an attribute, by its name without a prefix.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attributes = tag.attributes().filter_map(Result::ok);
    let mut named = attributes.filter(|attribute| attribute.key.local_name().as_ref() == name);
    named
        .next()?
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// Reads no further than what is left, and no more at once than a tag may have.
struct Bounded<'p> {
    from: Box<dyn Read + 'p>,
    left: &'p mut u64,
    event_bytes: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.event_bytes += read as u64;
        let left = self.left.checked_sub(read as u64);
        *self.left = left.unwrap_or_default();
        if left.is_none() || self.event_bytes > EVENT_BYTES {
            return Err(ErrorKind::FileTooLarge.into());
        }
        Ok(read)
    }
}

fn too_large() -> FileFault {
    FileFault::too_large("The workbook is far larger when it is unpacked than it looks.".to_owned())
}

/// A workbook of which something cannot be read.
pub(crate) fn damaged(what: &str) -> FileFault {
    FileFault::new(
        FaultCode::Syntax,
        format!("The workbook is damaged: {what} cannot be read."),
        "What is read of a damaged file may be wrong, so nothing was taken.",
        "Open it in a spreadsheet program, save it again as .xlsx, and import that file.",
    )
}
