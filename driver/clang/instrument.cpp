// Instrumentation of lazy code.
//
// Counters are variables of the object and calls are calls: what clang puts into the IR goes along with a
// lazy body and means the same there. It only has to be put in before the bodies leave the module. At -O0
// clang does that by itself; above, the transform comes first in the pipeline, and the passes in question are
// run in front of it, with the options that clang gives them (BackendUtil.cpp). -finstrument-functions is
// done here as well because the engine, which compiles a body under another name, would report that one's
// address.

#include "internal.h"
#include "clang/Basic/CodeGenOptions.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Transforms/Instrumentation/GCOVProfiler.h"
#include "llvm/Transforms/Instrumentation/InstrProfiling.h"
#include "llvm/Transforms/Utils/EntryExitInstrumenter.h"

using namespace clang;
using namespace llvm;

namespace {

GCOVOptions gcovOptions(const CodeGenOptions &CG) {
  GCOVOptions Options;
  Options.EmitNotes = !CG.CoverageNotesFile.empty();
  Options.EmitData = !CG.CoverageDataFile.empty();
  copy(CG.CoverageVersion, std::begin(Options.Version));
  Options.NoRedZone = CG.DisableRedZone;
  Options.Filter = CG.ProfileFilterFiles;
  Options.Exclude = CG.ProfileExcludeFiles;
  Options.Atomic = CG.AtomicProfileUpdate;
  return Options;
}

InstrProfOptions profileOptions(const CodeGenOptions &CG) {
  InstrProfOptions Options;
  Options.NoRedZone = CG.DisableRedZone;
  Options.InstrProfileOutput = CG.InstrProfileOutput;
  Options.Atomic = CG.AtomicProfileUpdate;
  return Options;
}

} // namespace

bool autojit::countsForGcov(const CodeGenOptions &CG) {
  return !CG.CoverageNotesFile.empty() || !CG.CoverageDataFile.empty();
}

void autojit::addInstrumentation(ModulePassManager &MPM, CodeGenOptions &CG) {
  if (countsForGcov(CG)) {
    MPM.addPass(GCOVProfilerPass(gcovOptions(CG)));
    CG.CoverageNotesFile.clear();
    CG.CoverageDataFile.clear();
  }
  if (CG.hasProfileClangInstr()) {
    MPM.addPass(InstrProfilingLoweringPass(profileOptions(CG)));
    CG.setProfileInstr(llvm::driver::ProfileInstrKind::ProfileNone);
  }
  if (CG.InstrumentFunctions)
    MPM.addPass(createModuleToFunctionPassAdaptor(EntryExitInstrumenterPass(/*PostInlining=*/false)));
}
