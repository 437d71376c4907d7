//! What drives the machine's graphics.

/// The drivers for graphics that are loaded and their versions, as far as the system tells: on Linux those that a kernel names, with
/// its own version; else nothing. What changes with it is to be tried again.
#[must_use]
pub fn graphics_drivers() -> String {
    #[cfg(target_os = "linux")]
    {
        const NAMES: [&str; 9] =
            ["nvidia", "nouveau", "amdgpu", "radeon", "i915", "xe", "vc4", "panfrost", "virtio_gpu"];
        let read = |path: String| std::fs::read_to_string(path).map(|text| text.trim().to_owned());
        let kernel = read("/proc/sys/kernel/osrelease".into()).unwrap_or_default();
        let loaded = NAMES.into_iter().filter(|name| std::path::Path::new("/sys/module").join(name).exists());
        let named =
            loaded.map(|name| format!("{name} {}", read(format!("/sys/module/{name}/version")).unwrap_or_default()));
        std::iter::once(format!("Linux {kernel}")).chain(named).collect::<Vec<_>>().join(", ")
    }
    #[cfg(not(target_os = "linux"))]
    String::new()
}
