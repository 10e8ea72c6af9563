// Which inline assembly can wait until its function is called.
//
// An error in assembly must be found when the unit is compiled, as configure scripts expect, and a symbol
// that it names must reach the linker. So only such a statement can wait whose text is known now to the
// letter (it names no operand), is nothing but instructions, which this processor has and which name no
// symbol, and whose operands are in registers that it says. `int3`, `pause`, `cpuid`, fences and system calls
// are of that kind.

#include "internal.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCObjectFileInfo.h"
#include "llvm/MC/MCParser/MCAsmParser.h"
#include "llvm/MC/MCParser/MCTargetAsmParser.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCStreamer.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/SourceMgr.h"
#include <mutex>

using namespace llvm;

namespace {

/// Takes instructions and nothing else.
class InstructionsOnly : public MCStreamer {
public:
  explicit InstructionsOnly(MCContext &Context) : MCStreamer(Context) {}

  bool Fits = true;

  void emitInstruction(const MCInst &Instruction, const MCSubtargetInfo &) override {
    for (const MCOperand &Operand : Instruction)
      Fits &= !Operand.isExpr() || isa<MCConstantExpr>(Operand.getExpr());
  }
  void emitLabel(MCSymbol *, SMLoc) override { Fits = false; }
  bool emitSymbolAttribute(MCSymbol *, MCSymbolAttr) override { return Fits = false; }
  void emitCommonSymbol(MCSymbol *, uint64_t, Align) override { Fits = false; }
};

bool assembles(const std::string &Text, const Triple &Target, StringRef CPU, StringRef Features) {
  std::string Problem;
  const llvm::Target *T = TargetRegistry::lookupTarget(Target, Problem);
  if (!T)
    return false;
  MCTargetOptions Options;
  SourceMgr Sources;
  Sources.setDiagHandler([](const SMDiagnostic &, void *) {});
  Sources.AddNewSourceBuffer(MemoryBuffer::getMemBufferCopy(Text), SMLoc());
  std::unique_ptr<MCRegisterInfo> Registers(T->createMCRegInfo(Target));
  std::unique_ptr<MCAsmInfo> AsmInfo(T->createMCAsmInfo(*Registers, Target, Options));
  std::unique_ptr<MCInstrInfo> Instructions(T->createMCInstrInfo());
  std::unique_ptr<MCSubtargetInfo> Subtarget(T->createMCSubtargetInfo(Target, CPU, Features));
  MCContext Context(Target, AsmInfo.get(), Registers.get(), Subtarget.get(), &Sources, &Options);
  bool HasProblem = false;
  Context.setDiagnosticHandler([&](const SMDiagnostic &, bool, const SourceMgr &,
                                   std::vector<const MDNode *> &) { HasProblem = true; });
  std::unique_ptr<MCObjectFileInfo> Sections(T->createMCObjectFileInfo(Context, /*PIC=*/true));
  Context.setObjectFileInfo(Sections.get());
  InstructionsOnly Streamer(Context);
  std::unique_ptr<MCAsmParser> Parser(createMCAsmParser(Sources, Context, Streamer, *AsmInfo));
  std::unique_ptr<MCTargetAsmParser> TargetParser(
      T->createMCAsmParser(*Subtarget, *Parser, *Instructions, Options));
  if (!TargetParser)
    return false;
  Parser->setTargetParser(*TargetParser);
  bool Failed = Parser->Run(/*NoInitialTextSection=*/false, /*NoFinalize=*/true);
  return !Failed && !HasProblem && Streamer.Fits;
}

bool isRegister(StringRef Code) {
  static const StringSet<> General = {"ax", "bx",  "cx",  "dx",  "si",  "di",  "r8",
                                      "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
  if (!Code.consume_front("{") || !Code.consume_back("}"))
    return false;
  return General.contains(Code) ||
         ((Code.size() == 3) && General.contains(Code.drop_front()) && Code[0] == 'r');
}

/// Clobbers that code generation takes without a word: registers that it must keep lead to a warning.
bool isQuietClobber(StringRef Code) {
  if (isRegister(Code))
    return true;
  if (!Code.consume_front("{") || !Code.consume_back("}"))
    return false;
  if (Code == "memory" || Code == "dirflag" || Code == "fpsr" || Code == "flags" || Code == "cc")
    return true;
  unsigned Number;
  return Code.consume_front("xmm") && !Code.getAsInteger(10, Number) && Number < 16;
}

bool fitsRegister(Type *T) { return T->isPointerTy() || (T->isIntegerTy() && T->getIntegerBitWidth() <= 64); }

bool hasPlainOperands(const CallBase &Call, const InlineAsm &Asm) {
  for (const InlineAsm::ConstraintInfo &C : Asm.ParseConstraints()) {
    if (C.isMultipleAlternative || C.isIndirect || C.Codes.size() != 1)
      return false;
    bool IsTied = C.Type == InlineAsm::isInput && isDigit(C.Codes[0][0]);
    bool Known =
        C.Type == InlineAsm::isClobber ? isQuietClobber(C.Codes[0]) : IsTied || isRegister(C.Codes[0]);
    if (!Known)
      return false;
  }
  Type *Result = Call.getType();
  if (auto *Several = dyn_cast<StructType>(Result)) {
    if (!all_of(Several->elements(), fitsRegister))
      return false;
  } else if (!Result->isVoidTy() && !fitsRegister(Result)) {
    return false;
  }
  return all_of(Call.args(), [](const Use &U) { return fitsRegister(U->getType()); });
}

/// The text as the assembler gets it; nothing if it depends on operands or is more than instructions.
std::optional<std::string> finalText(const InlineAsm &Asm) {
  std::string Text = Asm.getAsmString().str();
  // Directives, labels, assignments, comments and strings.
  if (Text.find_first_of(".:=#\"'/\\@") != std::string::npos)
    return std::nullopt;
  std::string Result;
  for (size_t I = 0; I != Text.size(); ++I) {
    if (Text[I] == '$' && (++I == Text.size() || Text[I] != '$'))
      return std::nullopt;
    Result += Text[I];
  }
  return Result + "\n";
}

} // namespace

int autojit::isPlainAssembly(LLVMValueRef Raw) {
  auto *Call = dyn_cast<CallBase>(reinterpret_cast<Value *>(Raw));
  auto *Asm = Call ? dyn_cast<InlineAsm>(Call->getCalledOperand()) : nullptr;
  if (!Asm || Asm->getDialect() != InlineAsm::AD_ATT || Asm->canThrow() || !hasPlainOperands(*Call, *Asm))
    return 0;
  std::optional<std::string> Text = finalText(*Asm);
  if (!Text)
    return 0;
  const Function &F = *Call->getFunction();
  StringRef CPU = F.getFnAttribute("target-cpu").getValueAsString();
  StringRef Features = F.getFnAttribute("target-features").getValueAsString();
  // The same statement comes again and again: assertions, spinning locks.
  static std::mutex Lock;
  static StringMap<bool> Known;
  std::string Key = (CPU + Twine("|") + Features + "|" + *Text).str();
  std::lock_guard<std::mutex> Guard(Lock);
  auto [At, IsNew] = Known.try_emplace(Key, false);
  if (IsNew)
    At->second = assembles(*Text, F.getParent()->getTargetTriple(), CPU, Features);
  return At->second;
}
