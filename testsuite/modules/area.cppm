export module shapes:area;
export double area(double a, double b) { return a * b; }
