#include <math.h>
#include <stdio.h>
void __attribute__((noinline)) f(double*a,int n){ for(int i=0;i<n;i++) a[i]=sin(a[i])+cos(a[i])*pow(a[i],2.5)+exp(a[i]); }
int main(){ double a[64]; for(int i=0;i<64;i++) a[i]=i; f(a,64); double s=0; for(int i=0;i<64;i++) s+=a[i]; printf("%.6g\n",s); }
