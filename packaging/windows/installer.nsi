; Installs Workprint for the user who runs it, without an administrator. Called by packaging/build windows, which defines
; VERSION, FOLDER (what is installed), LIST (what is removed), SIZE (in KiB), ICON and OUTPUT.
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Workprint"
!define CLASSES "Software\Classes"
!define PROJECT "Workprint.Project"
!define WINDOW "Applications\workprint-window.exe"

Unicode true
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel user
SetCompressor /SOLID lzma
SetCompressorDictSize 64
Name "Workprint"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Workprint"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
Icon "${ICON}"
UninstallIcon "${ICON}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Workprint"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Workprint: installer"
VIAddVersionKey "LegalCopyright" "The Workprint authors, MIT or Apache-2.0"

!include "MUI2.nsh"
!include "LogicLib.nsh"
!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\workprint-window.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Lets Explorer see at once what has changed (SHCNE_ASSOCCHANGED).
!macro TellExplorer
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
!macroend

Section
  ; an earlier version may have had files that this one has not
  ReadRegStr $0 HKCU "${UNINSTALL}" "InstallLocation"
  ${If} $0 != ""
  ${AndIf} ${FileExists} "$0\uninstall.exe"
    ExecWait '"$0\uninstall.exe" /S _?=$0' $1
    ${If} $1 <> 0
      Abort "Workprint is running: close it, then install again."
    ${EndIf}
  ${EndIf}

  SetOutPath "$INSTDIR"
  File /r "${FOLDER}\*"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  CreateShortcut "$SMPROGRAMS\Workprint.lnk" "$INSTDIR\workprint-window.exe" "" "$INSTDIR\workprint.exe" 0

  ; projects; other programs write .ron files too, and one that is there already stays the default
  WriteRegStr HKCU "${CLASSES}\${PROJECT}" "" "Workprint project"
  WriteRegStr HKCU "${CLASSES}\${PROJECT}\DefaultIcon" "" "$INSTDIR\workprint.exe,1"
  WriteRegStr HKCU "${CLASSES}\${PROJECT}\shell\open\command" "" '"$INSTDIR\workprint-window.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\.ron\OpenWithProgids" "${PROJECT}" ""
  ReadRegStr $0 HKCR ".ron" ""
  ${If} $0 == ""
    WriteRegStr HKCU "${CLASSES}\.ron" "" "${PROJECT}"
  ${EndIf}

  ; "Open with" for media
  WriteRegStr HKCU "${CLASSES}\${WINDOW}" "FriendlyAppName" "Workprint"
  WriteRegStr HKCU "${CLASSES}\${WINDOW}\DefaultIcon" "" "$INSTDIR\workprint.exe,0"
  WriteRegStr HKCU "${CLASSES}\${WINDOW}\shell\open\command" "" '"$INSTDIR\workprint-window.exe" "%1"'
  !macro Opens EXTENSION
    WriteRegStr HKCU "${CLASSES}\${WINDOW}\SupportedTypes" ".${EXTENSION}" ""
  !macroend
  !insertmacro Opens "ron"
  !insertmacro Opens "mp4"
  !insertmacro Opens "mov"
  !insertmacro Opens "m4v"
  !insertmacro Opens "mkv"
  !insertmacro Opens "webm"
  !insertmacro Opens "avi"
  !insertmacro Opens "ts"
  !insertmacro Opens "mts"
  !insertmacro Opens "m2ts"
  !insertmacro Opens "mpg"
  !insertmacro Opens "3gp"
  !insertmacro Opens "ogv"
  !insertmacro Opens "flv"
  !insertmacro Opens "wmv"
  !insertmacro Opens "mxf"
  !insertmacro Opens "mp3"
  !insertmacro Opens "m4a"
  !insertmacro Opens "aac"
  !insertmacro Opens "flac"
  !insertmacro Opens "ogg"
  !insertmacro Opens "opus"
  !insertmacro Opens "wav"
  !insertmacro Opens "aiff"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Workprint"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\workprint.exe,0"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Workprint authors"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  !insertmacro TellExplorer
SectionEnd

Section "Uninstall"
  ; a program that runs can't be removed: found out before anything is
  ClearErrors
  Delete "$INSTDIR\workprint.exe"
  ${If} ${Errors}
    SetErrorLevel 1
    Abort "Workprint is running: close it, then try again."
  ${EndIf}
  ; each file by its name: whoever chose a folder with other files in it keeps those
  !include "${LIST}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Workprint.lnk"
  ; what GStreamer noted of its plugins; proxies, preferences and projects are the user's
  Delete "$LOCALAPPDATA\workprint\cache\gstreamer-1.0.registry"

  ReadRegStr $0 HKCU "${CLASSES}\.ron" ""
  ${If} $0 == "${PROJECT}"
    DeleteRegValue HKCU "${CLASSES}\.ron" ""
  ${EndIf}
  DeleteRegValue HKCU "${CLASSES}\.ron\OpenWithProgids" "${PROJECT}"
  DeleteRegKey /ifempty HKCU "${CLASSES}\.ron\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "${CLASSES}\.ron"
  DeleteRegKey HKCU "${CLASSES}\${PROJECT}"
  DeleteRegKey HKCU "${CLASSES}\${WINDOW}"
  DeleteRegKey HKCU "${UNINSTALL}"
  !insertmacro TellExplorer
SectionEnd
