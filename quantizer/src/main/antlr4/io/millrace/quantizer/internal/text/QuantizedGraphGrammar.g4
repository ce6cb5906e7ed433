// Text form of a quantized graph. A list of integers is one token, so that megabytes of weights parse quickly.
grammar QuantizedGraphGrammar;

graph      : 'quantized' name=STRING precision=('int8' | 'int16') '{' node* output* '}' EOF ;
node       : id=ID name=STRING '=' op ':' type 'from' file=STRING layers ;
layers     : '[' STRING* ']' | LIST ;
output     : 'output' id=ID name=STRING ;

type       : 'map' channels=INT spatial=LIST ('depth' depth=INT)? 'scale' scale=number 'zero' zero=INT ;
op         : 'input'                                                                 # inputOp
           | 'conv' operands window 'channels' channels=INT ('groups' groups=INT)? ('bands' first=INT step=INT)? 'bias' bias=LIST
             'weights' '{' LIST* '}' requantize table?                               # convOp
           | 'maxpool' operands window table?                                        # maxPoolOp
           | 'sumpool' operands window 'bias' bias=LIST requantize table?            # sumPoolOp
           | 'add' operands 'terms' 'zero' zeros=LIST 'm' m=LIST 's' s=LIST
             'sum' 'zero' zero=INT 'range' low=INT high=INT table?                   # addOp
           | kind=('max' | 'min') operands table?                                     # extremeOp
           | 'argmax' operands                                                       # argMaxOp
           | 'view' operands                                                         # viewOp
           | 'concat' operands                                                       # concatOp
           | 'mul' operands 'factors' 'zero' zeros=LIST requantize table?            # mulOp
           | 'gather' operands 'fill' fill=INT axis*                                 # gatherOp
           | 'depthtospace' operands 'block' block=INT       # blockOp
           ;
axis       : 'axis' indices=LIST ;
operands   : '(' ID+ ')' ;
window     : 'kernel' kernel=LIST 'stride' stride=LIST 'pad' begin=LIST end=LIST 'dilation' dilation=LIST ;
requantize : 'requantize' 'd' d=INT 'm' m=LIST 's' s=LIST 'zero' zero=INT 'range' low=INT high=INT ;
table      : 'codes' codes=LIST                                                      # codesTable
           | 'segments' bases=LIST slopes=LIST                                       # segmentsTable
           ;
number     : INT | REAL ;

ID         : '%' [0-9]+ ;
INT        : '-'? [0-9]+ ;
REAL       : '-'? [0-9]+ '.' [0-9]+ ([eE] '-'? [0-9]+)? ;
LIST       : '[' [0-9\- \t\r\n]* ']' ;
STRING     : '"' (~["\\\r\n] | '\\' ["\\nrt] )* '"' ;
COMMENT    : '#' ~[\r\n]* -> skip ;
SPACE      : [ \t\r\n]+ -> skip ;
