//! GStreamer where it came with the program: its own plugins are used then, and no others.

use super::cache::Cache;
use crate::platform::own_libraries;
use std::ffi::OsString;
use std::path::Path;

/// GStreamer's folder among libraries of the program's own.
const PLUGINS: &str = "gstreamer-1.0";

/// What GStreamer has plugins loaded by to look at them.
const SCANNER: &str = if cfg!(windows) { "gst-plugin-scanner.exe" } else { "gst-plugin-scanner" };

/// Its note of what the plugins can do, in the user's cache: where other programs keep theirs, each would begin anew.
const REGISTRY: &str = "gstreamer-1.0.registry";

/// Where GStreamer looks for plugins instead of where it was built to.
const PLACE: &str = "GST_PLUGIN_SYSTEM_PATH_1_0";

/// The same for plugins of whatever version.
const PLACE_OF_ANY: &str = "GST_PLUGIN_SYSTEM_PATH";

/// Lets GStreamer take the plugins that came with the program, and note what they can do in the user's cache. Does nothing
/// where none came along, or the environment says already where they are. To be called first, before any thread exists.
pub fn use_bundled() {
    if [PLACE, PLACE_OF_ANY].iter().any(|variable| std::env::var_os(variable).is_some()) {
        return;
    }
    let Some(libraries) = own_libraries() else { return };
    for (variable, value) in variables(&libraries, Cache::of_user().root()) {
        #[expect(unsafe_code, reason = "GStreamer is told by the environment alone")]
        // SAFETY: no other thread exists yet that could read it.
        unsafe {
            std::env::set_var(variable, value);
        }
    }
}

/// What GStreamer is told, where it is there.
fn variables(libraries: &Path, cache: &Path) -> Vec<(&'static str, OsString)> {
    let plugins = libraries.join(PLUGINS);
    if !plugins.is_dir() {
        return Vec::new();
    }
    let registry = cache.join(REGISTRY);
    let mut told = vec![
        (PLACE, plugins.into()),
        // plugins for another GStreamer need not work with this one
        ("GST_PLUGIN_PATH_1_0", OsString::new()),
        ("GST_REGISTRY_1_0", std::path::absolute(&registry).unwrap_or(registry).into()),
    ];
    // on Windows it must lie beside the libraries that it needs itself, which lie beside the program
    let scanner = [Some(libraries), libraries.parent().filter(|_| cfg!(windows))].into_iter().flatten();
    if let Some(scanner) = scanner.map(|folder| folder.join(SCANNER)).find(|scanner| scanner.is_file()) {
        told.push(("GST_PLUGIN_SCANNER_1_0", scanner.into()));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_that_came_along_are_used_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        assert_eq!(variables(folder.path(), &cache), [], "none came along");
        let plugins = folder.path().join(PLUGINS);
        std::fs::create_dir(&plugins).unwrap();
        let told = variables(folder.path(), &cache);
        let value = |name: &str| told.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone());
        assert_eq!(value(PLACE), Some(plugins.into()));
        assert_eq!(value("GST_PLUGIN_PATH_1_0"), Some(OsString::new()));
        assert!(Path::new(&value("GST_REGISTRY_1_0").unwrap()).starts_with(folder.path().join("cache")));
        assert_eq!(value("GST_PLUGIN_SCANNER_1_0"), None);
        std::fs::write(folder.path().join(SCANNER), "").unwrap();
        assert_eq!(variables(folder.path(), &cache).last().unwrap().1, OsString::from(folder.path().join(SCANNER)));
    }
}
