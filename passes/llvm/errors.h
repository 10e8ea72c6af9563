// What LLVM reports through a context, for those who have an error to make of it.
#ifndef AUTOJIT_ERRORS_H
#define AUTOJIT_ERRORS_H

#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace autojit {

/// Collects the errors and swallows the rest: warnings of a module were given when it was compiled first.
class ErrorCollector : public llvm::DiagnosticHandler {
public:
  explicit ErrorCollector(std::string &Text) : Text(Text) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &Info) override {
    if (Info.getSeverity() != llvm::DS_Error)
      return true;
    llvm::raw_string_ostream OS(Text);
    llvm::DiagnosticPrinterRawOStream Printer(OS);
    if (!Text.empty())
      OS << "; ";
    Info.print(Printer);
    return true;
  }

private:
  std::string &Text;
};

} // namespace autojit

#endif
