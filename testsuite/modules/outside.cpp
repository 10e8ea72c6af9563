module shapes;
int shapes::outside(int x) { return x + counter(); }
