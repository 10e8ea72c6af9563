subroutine add_one(x) bind(c)
  use iso_c_binding
  integer(c_int) :: x
  interface
    integer(c_int) function twice(y) bind(c)
      use iso_c_binding
      integer(c_int), value :: y
    end function
  end interface
  x = twice(x) + 1
  print '(a,i0)', 'fortran: ', x
end subroutine
