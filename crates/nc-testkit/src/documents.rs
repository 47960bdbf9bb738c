//! Documents that are made to do harm, for tests. Each is small and grows in its reader.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use zip::{ZipWriter, write::SimpleFileOptions};

/// A ZIP archive of these entries.
///
/// # Panics
/// Never: it is written to memory.
pub fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("an entry");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

/// A Word document around this XML.
pub fn docx(document: &[u8]) -> Vec<u8> {
    let relations =
        br#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="word/document.xml"/></Relationships>"#;
    archive(&[("_rels/.rels", relations), ("word/document.xml", document)])
}

/// A workbook of one sheet of this XML.
pub fn xlsx(sheet: &[u8]) -> Vec<u8> {
    archive(&[
        (
            "_rels/.rels",
            br#"<Relationships><Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            br#"<workbook xmlns:r="r"><sheets><sheet name="S" r:id="s"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<Relationships><Relationship Id="s" Type="x/worksheet" Target="sheet.xml"/></Relationships>"#,
        ),
        ("xl/sheet.xml", sheet),
    ])
}

/// A PDF of these objects, numbered from 1; the first one is its catalog.
pub fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend(format!("{number} 0 obj\n").into_bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let at = file.len();
    let size = objects.len() + 1;
    file.extend(format!("{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").into_bytes());
    file
}

/// A stream of these bytes, with more in its dictionary.
pub fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let mut object = format!("<<{dictionary}/Length {}>>stream\n", bytes.len()).into_bytes();
    object.extend(bytes);
    object.extend(b"\nendstream");
    object
}

/// A PDF with so many pages, each of which says its number.
pub fn pdf_of_pages(count: usize) -> Vec<u8> {
    let kids: Vec<String> = (0..count).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
    let kids = kids.join(" ");
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Count {count}/Kids[{kids}]/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>>>")
            .into_bytes(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_vec(),
    ];
    for page in 0..count {
        let words = format!("BT /F 12 Tf 72 700 Td (Page number {}) Tj ET", page + 1);
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 5 + 2 * page).into_bytes());
        objects.push(stream("", words.as_bytes()));
    }
    pdf(&objects)
}

/// A PDF of one page with this content and these further objects, from number 5.
pub fn pdf_of_one(resources: &str, content: Vec<u8>, further: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 9 9]/Resources<<{resources}>>>>").into_bytes(),
        content,
    ];
    objects.extend_from_slice(further);
    pdf(&objects)
}

/// A PDF whose one page draws a form thousands of times, which draws another one thousands of times.
pub fn pdf_without_end() -> Vec<u8> {
    let draw = "/X Do ".repeat(5000).into_bytes();
    let form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]";
    pdf_of_one(
        "/XObject<</X 5 0 R>>",
        stream("", &draw),
        &[
            stream(&format!("{form}/Resources<</XObject<</X 6 0 R>>>>"), &draw),
            stream(&format!("{form}/Resources<<>>"), b"q Q"),
        ],
    )
}

/// A PDF with a page of half a gibibyte of spaces, in 3 MiB.
pub fn pdf_bomb() -> Vec<u8> {
    pdf_of_one("", stream("/Filter/FlateDecode", &packed_spaces(1 << 21)), &[])
}

/// One space, and so many times the command to repeat the last byte 258 times, packed with fixed codes
/// (RFC 1951 §3.2.6): quicker than to pack it all.
fn packed_spaces(times: usize) -> Vec<u8> {
    let mut bits = vec![true, true, false];
    let code = |bits: &mut Vec<bool>, code: u32, length: u32| {
        bits.extend((0..length).rev().map(|bit| (code >> bit) & 1 == 1));
    };
    code(&mut bits, 0x30 + u32::from(b' '), 8);
    for _ in 0..times {
        code(&mut bits, 0b1100_0101, 8);
        code(&mut bits, 0, 5);
    }
    code(&mut bits, 0, 7);
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| (byte << 1) | u8::from(*bit));
    let mut packed = vec![0x78, 0x01];
    packed.extend(bits.chunks(8).map(byte));
    packed
}
