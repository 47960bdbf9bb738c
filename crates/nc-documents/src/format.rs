use serde::{Deserialize, Serialize};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Word, Office Open XML.
    Docx,
    /// Excel, Office Open XML.
    Xlsx,
    /// `PowerPoint`, Office Open XML.
    Pptx,
    /// Text, `OpenDocument`.
    Odt,
    /// Spreadsheet, `OpenDocument`.
    Ods,
    /// Presentation, `OpenDocument`.
    Odp,
    /// Rich Text Format.
    Rtf,
    /// A letter as it is sent (RFC 5322).
    Eml,
    /// A web page.
    Html,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A picture, for optical character recognition.
    Image,
    /// Text without a form.
    Text,
}

/// What the pages of a document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// Printed pages.
    Page,
    /// Slides of a presentation.
    Slide,
    /// Sheets of a workbook.
    Sheet,
    /// Parts that we cut, at paragraphs.
    Part,
}

impl PageKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Slide => "slide",
            Self::Sheet => "sheet",
            Self::Part => "part",
        }
    }
}

impl Format {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
            Self::Xlsx => "XLSX",
            Self::Pptx => "PPTX",
            Self::Odt => "ODT",
            Self::Ods => "ODS",
            Self::Odp => "ODP",
            Self::Rtf => "RTF",
            Self::Eml => "EML",
            Self::Html => "HTML",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Image => "image",
            Self::Text => "text",
        }
    }

    /// Which part of ours reads it.
    pub const fn processor(self) -> &'static str {
        match self {
            Self::Pdf => "pdf-extract",
            Self::Html => "htmd",
            Self::Eml => "mail-parser",
            Self::Image => "tesseract",
            _ => "nextcloud-mcp",
        }
    }

    /// What its pages are.
    pub const fn page_kind(self) -> PageKind {
        match self {
            Self::Pdf | Self::Image => PageKind::Page,
            Self::Pptx | Self::Odp => PageKind::Slide,
            Self::Xlsx | Self::Ods => PageKind::Sheet,
            Self::Docx | Self::Odt | Self::Rtf | Self::Eml | Self::Html | Self::Csv | Self::Tsv | Self::Text => {
                PageKind::Part
            }
        }
    }

    /// Whether the file itself is text that people and models read and write as it is.
    pub const fn is_plain(self) -> bool {
        matches!(self, Self::Html | Self::Csv | Self::Tsv | Self::Text)
    }

    /// The format that a file's name promises.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "docx" | "docm" | "dotx" | "dotm" => Self::Docx,
            "xlsx" | "xlsm" | "xltx" | "xltm" => Self::Xlsx,
            "pptx" | "pptm" | "ppsx" | "potx" => Self::Pptx,
            "odt" | "ott" | "fodt" => Self::Odt,
            "ods" | "ots" | "fods" => Self::Ods,
            "odp" | "otp" | "fodp" => Self::Odp,
            "rtf" => Self::Rtf,
            "eml" | "mht" | "mhtml" => Self::Eml,
            "html" | "htm" | "xhtml" => Self::Html,
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "png" | "jpg" | "jpeg" | "tif" | "tiff" | "webp" | "bmp" | "gif" => Self::Image,
            "txt" | "md" | "markdown" | "log" => Self::Text,
            _ => return None,
        })
    }
}
