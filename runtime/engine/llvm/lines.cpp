#include "guard.h"
#include "llvm/DebugInfo/DWARF/DWARFContext.h"
#include "llvm/DebugInfo/DWARF/DWARFUnit.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <vector>

using namespace llvm;

namespace {

/// A function's place in a relocatable object.
struct Place {
  uint64_t Section;
  uint64_t Start;
  uint64_t Size;
  std::string Name;
  std::string Lines;

  bool operator<(const Place &Other) const {
    return std::tie(Section, Start) < std::tie(Other.Section, Other.Start);
  }
};

Expected<std::vector<Place>> functions(const object::ELFObjectFileBase &File) {
  std::vector<Place> Found;
  for (const object::ELFSymbolRef Symbol : File.symbols()) {
    if (Symbol.getELFType() != ELF::STT_FUNC)
      continue;
    auto Section = Symbol.getSection();
    if (!Section)
      return Section.takeError();
    auto Name = Symbol.getName();
    if (!Name)
      return Name.takeError();
    auto Start = Symbol.getValue();
    if (!Start)
      return Start.takeError();
    if (*Section != File.section_end())
      Found.push_back({(*Section)->getIndex(), *Start, Symbol.getSize(), Name->str(), ""});
  }
  std::sort(Found.begin(), Found.end());
  return Found;
}

Place *find(std::vector<Place> &All, object::SectionedAddress Address) {
  Place Key = {Address.SectionIndex, Address.Address, 0, "", ""};
  auto After = std::upper_bound(All.begin(), All.end(), Key);
  if (After == All.begin())
    return nullptr;
  Place &Found = *std::prev(After);
  bool IsInside = Found.Section == Address.SectionIndex && Address.Address - Found.Start < Found.Size;
  return IsInside ? &Found : nullptr;
}

} // namespace

AjStatus aj_lines(const char *Object, size_t Size, AjBytes *Lines, AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    auto File = object::ObjectFile::createELFObjectFile(MemoryBufferRef(StringRef(Object, Size), "unit"));
    if (!File)
      return autojit::fail(Error, File.takeError());
    auto All = functions(cast<object::ELFObjectFileBase>(**File));
    if (!All)
      return autojit::fail(Error, All.takeError());
    auto Context = DWARFContext::create(**File);
    for (const auto &Unit : Context->compile_units()) {
      const auto *Table = Context->getLineTableForUnit(Unit.get());
      if (!Table)
        continue;
      const char *Folder = Unit->getCompilationDir();
      for (const auto &Row : Table->Rows) {
        Place *Function = Row.EndSequence ? nullptr : find(*All, Row.Address);
        std::string Path;
        if (!Function ||
            !Table->getFileNameByIndex(Row.File, Folder ? Folder : "",
                                       DILineInfoSpecifier::FileLineInfoKind::AbsoluteFilePath, Path))
          continue;
        raw_string_ostream(Function->Lines)
            << "L " << Row.Address.Address - Function->Start << ' ' << Row.Line << ' ' << Path << '\n';
      }
    }
    std::string Text;
    for (const Place &Function : *All)
      Text += "F " + std::to_string(Function.Size) + ' ' + Function.Name + '\n' + Function.Lines;
    *Lines = autojit::copyBytes(Text);
    return AJ_OK;
  });
}
