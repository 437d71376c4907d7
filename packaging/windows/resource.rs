//! What Windows looks for in the program itself: icons, its version, and what it may be taken to know.

use std::error::Error;
use std::fs;
use std::path::Path;

/// US English, in Unicode: what every Windows finds.
const LANGUAGE: &str = "040904b0";

/// Compiles it and has it linked into the program.
pub fn put_into_program(out: &Path) -> Result<(), Box<dyn Error>> {
    let manifest = "packaging/windows/workprint.manifest";
    println!("cargo::rerun-if-changed={manifest}");
    println!("cargo::rerun-if-changed=packaging/windows/resource.rs");
    let script = out.join("workprint.rc");
    fs::write(&script, words(out, &std::path::absolute(manifest)?)?)?;
    embed_resource::compile(&script, embed_resource::NONE).manifest_required()?;
    Ok(())
}

/// The script that the system's resource compilers take.
fn words(out: &Path, manifest: &Path) -> Result<String, std::env::VarError> {
    let quoted = |path: &Path| format!("\"{}\"", path.display().to_string().replace('\\', "\\\\"));
    let of_cargo = |name: &str| std::env::var(format!("CARGO_PKG_{name}"));
    let version = of_cargo("VERSION")?;
    let numbers =
        format!("{},{},{},0", of_cargo("VERSION_MAJOR")?, of_cargo("VERSION_MINOR")?, of_cargo("VERSION_PATCH")?);
    let (icon, document) = (quoted(&out.join("icon.ico")), quoted(&out.join("document.ico")));
    let manifest = quoted(manifest);
    Ok(format!(
        r#"1 ICON {icon}
2 ICON {document}
1 24 {manifest}
1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "{LANGUAGE}"
    BEGIN
      VALUE "CompanyName", "The Workprint authors"
      VALUE "FileDescription", "Workprint"
      VALUE "FileVersion", "{version}"
      VALUE "InternalName", "workprint"
      VALUE "LegalCopyright", "The Workprint authors, MIT or Apache-2.0"
      VALUE "OriginalFilename", "workprint.exe"
      VALUE "ProductName", "Workprint"
      VALUE "ProductVersion", "{version}"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
"#
    ))
}
