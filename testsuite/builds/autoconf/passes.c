int answer(int x);
int main(void) { return answer(4) != 8; }
